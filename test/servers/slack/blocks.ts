import { Ajv } from 'ajv';

// Written from Slack's public reference of Block Kit (docs.slack.dev/reference/block-kit), not from our types.

const object = (required: readonly string[], properties: Readonly<Record<string, unknown>>) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
});
const text = (max: number, min = 1) => ({ type: 'string', minLength: min, maxLength: max });
const plain = (max: number) =>
  object(['type', 'text'], { type: { const: 'plain_text' }, text: text(max), emoji: { type: 'boolean' } });
const markdown = (max: number) =>
  object(['type', 'text'], { type: { const: 'mrkdwn' }, text: text(max), verbatim: { type: 'boolean' } });
const anyText = (max: number) => ({ anyOf: [plain(max), markdown(max)] });
const style = { enum: ['primary', 'danger'] };
const confirm = object(['title', 'text', 'confirm', 'deny'], {
  title: plain(100),
  text: anyText(300),
  confirm: plain(30),
  deny: plain(30),
  style,
});
const button = object(['type', 'text'], {
  type: { const: 'button' },
  text: plain(75),
  action_id: text(255),
  url: text(3000),
  value: text(2000),
  style,
  confirm,
  accessibility_label: text(75),
});
const option = object(['text', 'value'], { text: anyText(75), value: text(150), description: plain(75) });
const select = object(['type', 'options'], {
  type: { const: 'static_select' },
  placeholder: plain(150),
  action_id: text(255),
  options: { type: 'array', minItems: 1, maxItems: 100, items: option },
  initial_option: option,
  confirm,
  focus_on_load: { type: 'boolean' },
});
const multiSelect = object(['type', 'options'], {
  type: { const: 'multi_static_select' },
  placeholder: plain(150),
  action_id: text(255),
  options: { type: 'array', minItems: 1, maxItems: 100, items: option },
  initial_options: { type: 'array', minItems: 1, maxItems: 100, items: option },
  confirm,
  max_selected_items: { type: 'integer', minimum: 1 },
  focus_on_load: { type: 'boolean' },
});
const input = object(['type'], {
  type: { const: 'plain_text_input' },
  action_id: text(255),
  initial_value: text(3000, 0),
  multiline: { type: 'boolean' },
  min_length: { type: 'integer', minimum: 0, maximum: 3000 },
  max_length: { type: 'integer', minimum: 1, maximum: 3000 },
  placeholder: plain(150),
  focus_on_load: { type: 'boolean' },
});
const blockId = text(255);
const blocks = {
  divider: object(['type'], { type: { const: 'divider' }, block_id: blockId }),
  header: object(['type', 'text'], { type: { const: 'header' }, text: plain(150), block_id: blockId }),
  section: {
    ...object(['type'], {
      type: { const: 'section' },
      block_id: blockId,
      text: anyText(3000),
      fields: { type: 'array', minItems: 1, maxItems: 10, items: anyText(2000) },
      accessory: { anyOf: [button, select] },
      expand: { type: 'boolean' },
    }),
    anyOf: [{ required: ['text'] }, { required: ['fields'] }],
  },
  context: object(['type', 'elements'], {
    type: { const: 'context' },
    block_id: blockId,
    elements: { type: 'array', minItems: 1, maxItems: 10, items: anyText(3000) },
  }),
  actions: object(['type', 'elements'], {
    type: { const: 'actions' },
    block_id: blockId,
    elements: { type: 'array', minItems: 1, maxItems: 25, items: { anyOf: [button, select] } },
  }),
  input: object(['type', 'label', 'element'], {
    type: { const: 'input' },
    block_id: blockId,
    label: plain(2000),
    element: { anyOf: [input, select, multiSelect] },
    hint: plain(2000),
    optional: { type: 'boolean' },
    dispatch_action: { type: 'boolean' },
  }),
} as const;

const inMessages = [blocks.divider, blocks.header, blocks.section, blocks.context, blocks.actions];
const inViews = [...inMessages, blocks.input];

const ajv = new Ajv({ strict: true, strictRequired: false });
const messageBlocks = ajv.compile({ type: 'array', maxItems: 50, items: { anyOf: inMessages } });
const modalView = ajv.compile(
  object(['type', 'title', 'blocks'], {
    type: { const: 'modal' },
    title: plain(24),
    submit: plain(24),
    close: plain(24),
    blocks: { type: 'array', minItems: 1, maxItems: 100, items: { anyOf: inViews } },
    private_metadata: text(3000, 0),
    callback_id: text(255),
    external_id: text(255),
    clear_on_close: { type: 'boolean' },
    notify_on_close: { type: 'boolean' },
  }),
);

/** Every string under the key, wherever it stands. */
const under = (value: unknown, key: string): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((each) => under(each, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) =>
    name === key && typeof each === 'string' ? [each] : under(each, key),
  );
};

/** What Slack makes of angle brackets: links, dates and mentions; any other would be a mistake of the sender. */
const markup = /<([^<>]*)>/g;
/** `<!date^…>` tells the time. `<!channel>`, `<!here>`, `<!everyone>`, `<@U…>` and `<!subteam^…>` ping. */
const isPing = (inside: string): boolean => /^(?:!(?!date\^)|@|!subteam)/.test(inside);

/** Who would be pinged by the text. */
export const pingsIn = (text: string): readonly string[] =>
  [...text.matchAll(markup)].map(([, inside = '']) => inside).filter(isPing);

const nobody: ReadonlySet<string> = new Set();

const judgeMarkup = (texts: readonly string[], mayPing = nobody): string | null => {
  for (const each of texts) {
    const ping = pingsIn(each).find((who) => !mayPing.has(who));
    if (ping !== undefined) return `a text pings: <${ping}>`;
    const left = each.replace(markup, '');
    if (/[<>]/.test(left)) return `a text has an unescaped < or >: ${left.slice(0, 80)}`;
    if (/&(?!(?:amp|lt|gt);)/.test(each)) return `a text has an unescaped &: ${each.slice(0, 80)}`;
  }
  return null;
};

const twice = (values: readonly string[]): string | undefined =>
  values.find((value, i) => values.indexOf(value) !== i);

/**
 * Blocks of a message with its text; `null`: Slack takes them, and they keep our own limits. `mayPing`: whom a test wants
 * to be called by it, as `@U…`.
 */
export const judgeMessage = (
  text: string | undefined,
  given: unknown,
  mayPing: ReadonlySet<string> = nobody,
): string | null => {
  if (text === undefined || text === '') return 'text is missing: notifications and screen readers need it';
  if (text.length > 4000) return `text has ${text.length} characters, more than 4,000`;
  if (given !== undefined && !messageBlocks(given)) return ajv.errorsText(messageBlocks.errors);
  const size = text.length + JSON.stringify(given ?? []).length;
  if (under(given, 'text').join('').length + text.length > 10_000)
    return `${size} characters, more than 10,000`;
  const doubled = twice(under(given, 'action_id')) ?? twice(under(given, 'block_id'));
  if (doubled !== undefined) return `"${doubled}" stands twice in one message`;
  return judgeMarkup([text, ...markdownIn(given)], mayPing);
};

export const judgeView = (given: unknown): string | null => {
  if (!modalView(given)) return ajv.errorsText(modalView.errors);
  const doubled = twice(under(given, 'block_id'));
  return doubled === undefined ? judgeMarkup(markdownIn(given)) : `"${doubled}" stands twice in one view`;
};

const markdownIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(markdownIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'type' in value && value.type === 'mrkdwn' && 'text' in value ? [String(value.text)] : [];
  return [...own, ...Object.values(value).flatMap(markdownIn)];
};
