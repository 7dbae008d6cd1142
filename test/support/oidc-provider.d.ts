declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  type StoredPayload = Readonly<Record<string, unknown>>;

  interface Adapter {
    upsert(id: string, payload: StoredPayload, expiresInSeconds?: number): Promise<void>;
    find(id: string): Promise<StoredPayload | undefined>;
    findByUid(uid: string): Promise<StoredPayload | undefined>;
    findByUserCode(userCode: string): Promise<StoredPayload | undefined>;
    consume(id: string): Promise<void>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
  }

  interface Grant {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  interface RegistrationAccessToken {
    readonly clientId: string;
    save(): Promise<string>;
    destroy(): Promise<void>;
  }

  interface Context {
    readonly method: string;
    status: number;
    body: unknown;
    readonly oidc?: {
      readonly route: string | undefined;
      readonly entities: { readonly RegistrationAccessToken?: RegistrationAccessToken };
    };
  }

  class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    proxy: boolean;
    readonly Grant: new (members: {
      readonly accountId: string;
      readonly clientId: string;
    }) => Grant;
    readonly RegistrationAccessToken: new (members: {
      readonly clientId: string;
    }) => RegistrationAccessToken;
    readonly Client: { find(clientId: string): Promise<{ readonly clientName?: string } | undefined> };
    use(middleware: (ctx: Context, next: () => Promise<void>) => Promise<void>): this;
    callback(): RequestListener;
    interactionDetails(
      request: IncomingMessage,
      response: ServerResponse,
    ): Promise<{
      readonly params: Readonly<Record<string, unknown>>;
      readonly prompt: { readonly name: string };
    }>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: Readonly<Record<string, unknown>>,
    ): Promise<void>;
    on(event: string, listener: (...args: readonly unknown[]) => void): this;
  }

  const errors: { readonly InvalidClientMetadata: new (description: string) => Error };

  export { type Adapter, type Context, errors, Provider, type StoredPayload };
}
