// Loaded into a step by NODE_OPTIONS: says at its end how much processor time it took.
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  require('node:fs').writeFileSync(process.env.BENCH_PROCESSOR_TIME, String((user + system) / 1000));
});
