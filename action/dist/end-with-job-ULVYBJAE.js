const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-76JSQHBN.js";import"./chunk-PAWMCFRK.js";import"./chunk-O6NR3PQX.js";import"./chunk-G3WDKLEX.js";import"./chunk-NGL3KVC6.js";import"./chunk-QDYGWG6W.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
