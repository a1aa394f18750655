import { dataFolder } from '../src/home.ts';
import { main } from '../worker/main.ts';
import { practiceEnvironment } from './practice-daemon.ts';

// What the user has set counts; the example shop stands in for what is not.
process.env = { ...practiceEnvironment(dataFolder()), ...process.env };
process.stdout.write(
  'Starting the practice shop. In another terminal: npx sluice adopt shop, then npx sluice deploy shop 2.1.0 --wait\n',
);
process.exit(await main(['dev']));
