const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-DCMTUOLI.js";import"./chunk-XDC637FL.js";import"./chunk-J6PRBH7P.js";import"./chunk-LA2ZVKMM.js";import"./chunk-7SI26PPR.js";import"./chunk-DFTKBQYX.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
