import { vi } from 'vitest';

/** Puts the Worker's own object on the stage: its platform, settings and vault. To be called before it is imported. */
export function onStage(): void {
  vi.doMock('cloudflare:workers', () => ({
    DurableObject: class {
      readonly ctx: unknown;
      readonly env: unknown;
      constructor(ctx: unknown, env: unknown) {
        this.ctx = ctx;
        this.env = env;
      }
    },
  }));
  vi.doMock('../../worker/repository/platform.ts', async (original) => {
    const { clock, random, platformFetch, logLine } = await import('./stage.ts');
    const say = (line: string) => logLine({ line });
    const log = { info: say, warning: say, debug: () => {} };
    return { ...(await original<object>()), clock, random, platformFetch, logLine, createLog: () => log };
  });
  vi.doMock('../../worker/repository/settings.ts', async () => {
    const { stage } = await import('./stage.ts');
    return { openSettings: async () => stage.settings };
  });
  vi.doMock('../../worker/repository/vault.ts', async () => ({ createVault: (await import('./stage.ts')).plainVault }));
}
