import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { format, resolveConfig } from 'prettier';
import { say } from './report.ts';
import { findChromium } from './slack-shots/chromium.ts';
import { pageOf } from './slack-shots/html.ts';
import { hashOf, withSource } from './slack-shots/png.ts';
import { shots } from './slack-shots/scenes.ts';
import { smaller } from './slack-shots/smaller.ts';
import { pictureOf, sectionOf, withSection } from './slack-shots/section.ts';
import { root } from './stamp.ts';

/** `npm run slack:shots`: takes a picture of the message in every state, and puts them into docs/slack.md. */

const docs = path.join(root, 'docs');
/** Twice as many pixels as a message has on a page: sharp on most screens. */
const sharpness = 2;

async function takePictures(): Promise<void> {
  await mkdir(path.join(docs, 'slack'), { recursive: true });
  const browser = await chromium.launch({
    executablePath: await findChromium(),
    args: ['--disable-lcd-text'],
  });
  try {
    const page = await browser.newPage({
      viewport: { width: 720, height: 400 },
      deviceScaleFactor: sharpness,
    });
    for (const shot of shots()) {
      const html = pageOf(shot);
      await page.setContent(html);
      const png = withSource(smaller(await page.locator('main').screenshot()), hashOf(html));
      await writeFile(path.join(docs, pictureOf(shot.state)), png);
      say(`docs/${pictureOf(shot.state)}: ${(png.length / 1024).toFixed(0)} KB`);
    }
  } finally {
    await browser.close();
  }
}

async function writeSection(): Promise<void> {
  const file = path.join(docs, 'slack.md');
  const text = withSection(await readFile(file, 'utf8'), sectionOf(shots()));
  const options = (await resolveConfig(file)) ?? {};
  await writeFile(file, await format(text, { ...options, filepath: file }));
}

await takePictures();
await writeSection();
