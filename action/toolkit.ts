import {
  debug,
  error,
  exportVariable,
  getInput,
  getState,
  info,
  notice,
  saveState,
  setOutput,
  setSecret,
  summary,
  warning,
} from '@actions/core';

/** What this action uses of the toolkit. The rest brings an HTTP client, which would double what a step takes to start. */
export const core = {
  debug,
  error,
  exportVariable,
  getInput,
  getState,
  info,
  notice,
  saveState,
  setOutput,
  setSecret,
  warning,
  /** Adds to the page under the job, where the runner has one. */
  writeSummary: async (markdown: string): Promise<void> => {
    if (markdown !== '' && process.env.GITHUB_STEP_SUMMARY) await summary.addRaw(markdown).write();
  },
};
