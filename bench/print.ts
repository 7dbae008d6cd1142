import type { Measured } from './figure.ts';

export function print({ title, lines, figures }: Measured): void {
  console.log(`\n${title}`);
  for (const line of lines) console.log(`  ${line}`);
  for (const { name, value, target, holds } of figures) {
    console.log(`  ${holds ? '✓' : '✗'} ${name}: ${value} (target: ${target})`);
  }
}
