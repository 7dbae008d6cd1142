import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);
import{a as o}from"./chunk-FDVYJ23S.js";import{d as s}from"./chunk-4OTMHKU4.js";var t=s(o(),1);function c(){let e=new t.EnvHttpProxyAgent;return async(r,n)=>await(0,t.fetch)(r,{...n,dispatcher:e})}export{c as proxyFetch};
