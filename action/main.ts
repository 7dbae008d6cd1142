import { runMain } from './run-main.ts';
import { core } from './toolkit.ts';

process.exitCode = await runMain(process.env, core);
