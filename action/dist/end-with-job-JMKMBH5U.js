const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-IDUNVQZN.js";import"./chunk-LPJUAETB.js";import"./chunk-CL3IZBWP.js";import"./chunk-LA2ZVKMM.js";import"./chunk-7SI26PPR.js";import"./chunk-DFTKBQYX.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
