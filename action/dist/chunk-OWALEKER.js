const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
function r(t){let s=[t.intent?.key,t.call?.key,...t.suspects.map(({key:e})=>e)];return[...t.clients.flatMap(({clientSecret:e,access:n,key:i})=>[e,n?.registrationAccessToken,i?.privateKey]),...t.orphans.map(({access:e})=>e?.registrationAccessToken),...s.map(e=>e?.privateKey)].filter(e=>e!==void 0)}export{r as a};
