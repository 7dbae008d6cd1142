#!/usr/bin/env -S node --
// Without the two dashes Node takes --env-file, wherever it stands, for an option of its own.
import { runCli } from './run-cli.ts';

process.exitCode = await runCli(process.argv.slice(2), process.env);
