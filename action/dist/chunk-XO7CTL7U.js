const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
function t(e,r){try{return e.safeParse(JSON.parse(r)).data}catch{return}}export{t as a};
