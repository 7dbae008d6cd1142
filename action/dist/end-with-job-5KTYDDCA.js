const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-ZSKONTKU.js";import"./chunk-DPORVOT5.js";import"./chunk-LPAA3PTL.js";import"./chunk-RWSKVGXO.js";import"./chunk-IKT6HXBU.js";import"./chunk-OPAOHUH3.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
