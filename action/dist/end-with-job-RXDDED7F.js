const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-FFYHKH7P.js";import"./chunk-4B6ASLI2.js";import"./chunk-XO7CTL7U.js";import"./chunk-EYIFGEON.js";import"./chunk-PZQIW6P5.js";import"./chunk-KBLQK4QU.js";import"./chunk-LVJPWTHD.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
