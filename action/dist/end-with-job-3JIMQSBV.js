const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-QPJSINGI.js";import"./chunk-U7ZXBY5P.js";import"./chunk-65JJWSI6.js";import"./chunk-RWSKVGXO.js";import"./chunk-G3WDKLEX.js";import"./chunk-NGL3KVC6.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
