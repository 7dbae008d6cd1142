const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-RH4WHULI.js";import"./chunk-RLTZVHZ3.js";import"./chunk-DZZOK4YL.js";import"./chunk-KYD3TV3O.js";import"./chunk-RNYPMZOK.js";import"./chunk-PKYGMVRZ.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
