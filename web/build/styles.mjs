// Compiles the Sass and cuts the typeface to the letters that Kyrgyz, Russian
// and English need: with its axis for browsers, in two weights for what the
// server itself draws. Run by web/build/main.go from the folder web.
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { compile } from 'sass';
import subsetFont from 'subset-font';

const out = process.argv[2];
await mkdir(out, { recursive: true });

const style = compile('sass/main.scss', {
  style: 'compressed',
  loadPaths: ['node_modules'],
  quietDeps: true,
  silenceDeprecations: ['import', 'global-builtin', 'color-functions', 'if-function'],
});
await writeFile(`${out}/main.css`, style.css);
const map = compile('sass/map.scss', { style: 'compressed', loadPaths: ['node_modules'], quietDeps: true });
await writeFile(`${out}/map.css`, map.css);

const range = (from, to) => {
  let text = '';
  for (let c = from; c <= to; c++) text += String.fromCodePoint(c);
  return text;
};
const letters = range(0x20, 0x7e) + range(0x410, 0x44f) + 'ЁёҢңӨөҮү' + '\u00a0\u202f«»„“”‘’–—…·×°№−→←✓•';
const folder = 'node_modules/@fontsource-variable/golos-text/files/';
const parts = [];
for (const script of ['cyrillic-ext', 'cyrillic', 'latin']) {
  const font = await readFile(`${folder}golos-text-${script}-wght-normal.woff2`);
  parts.push([script, await subsetFont(font, letters, { targetFormat: 'woff2', variationAxes: { wght: { min: 400, max: 700 } } })]);
  for (const wght of [400, 700]) {
    await writeFile(`${out}/golos-${script}-${wght}.ttf`, await subsetFont(font, letters, { targetFormat: 'truetype', variationAxes: { wght } }));
  }
}
for (const [script, data] of parts) {
  await writeFile(`${out}/golos-${script}.woff2`, data);
}
