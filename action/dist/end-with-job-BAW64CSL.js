const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-IVSV6BDE.js";import"./chunk-XZXF2N7N.js";import"./chunk-VKQ7Q7AZ.js";import"./chunk-ANTMZJMJ.js";import"./chunk-NGL3KVC6.js";import"./chunk-DFTKBQYX.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
