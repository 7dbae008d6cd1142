/** The parts of undici that are bundled; the whole package is a hundred kilobytes more. */
declare module 'undici/lib/api/index.js' {
  const methods: Partial<import('undici').Dispatcher>;
  export default methods;
}

declare module 'undici/lib/dispatcher/dispatcher.js' {
  export { Dispatcher as default } from 'undici';
}

declare module 'undici/lib/dispatcher/env-http-proxy-agent.js' {
  export { EnvHttpProxyAgent as default } from 'undici';
}

declare module 'undici/lib/web/fetch/index.js' {
  export { fetch } from 'undici';
}
