// The figures of the face: Lighthouse's four scores of the five main pages on
// its mobile profile, and the main journey on a slow line. Used by make bench.
import { readFileSync } from 'node:fs';
import lighthouse from 'lighthouse';
import { centre, check, end, launch, phone, visitor } from './kit.mjs';

const [base, picture, port] = process.argv.slice(2);
const browser = await launch([`--remote-debugging-port=${port}`]);
const number = (await (await fetch(`${base}/data/reports.json?state=fixed`)).json())[0].number;

for (const path of ['/', '/reports', `/reports/${number}`, '/reports/new', '/bodies']) {
  const { lhr } = await lighthouse(base + path, { port: Number(port), logLevel: 'silent', output: 'json', extraHeaders: { 'Accept-Language': 'ky' } });
  for (const [name, category] of Object.entries(lhr.categories)) {
    const score = Math.round(category.score * 100);
    const lost = category.auditRefs.filter((a) => a.weight > 0 && lhr.audits[a.id].score !== null && lhr.audits[a.id].score < 0.9).map((a) => `${a.id} ${lhr.audits[a.id].displayValue ?? ''}`);
    check(score >= 95, `Lighthouse ${path} ${name}: ${score} (at least 95)${score < 100 ? ' ' + lost.join(', ') : ''}`);
  }
}

// "Slow 3G" of WebPageTest: 400 kbit/s both ways, 400 ms there and back.
const page = await visitor(browser, { ...phone, ...centre, locale: 'ky' });
const cdp = await page.context().newCDPSession(page);
await cdp.send('Network.enable');
await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 });
let spent = 0;
// Only waiting for the network counts, not the person who types.
const wait = async (act) => {
  const began = performance.now();
  await act();
  spent += performance.now() - began;
};
await wait(() => page.goto(base, { waitUntil: 'domcontentloaded' }));
await wait(() => Promise.all([page.waitForURL(/reports\/new/, { waitUntil: 'domcontentloaded' }), page.locator('a[href="/reports/new"]:visible').first().click()]));
const here = page.getByRole('button', { name: 'Мен турган жер' });
await wait(() => here.waitFor());
await wait(async () => {
  await here.click();
  await page.waitForFunction(() => document.querySelector('#address')?.value);
});
await wait(() => Promise.all([page.waitForSelector('.tile[value=street-light]'), page.getByRole('button', { name: 'Улантуу' }).click()]));
await wait(() => Promise.all([page.waitForSelector('#contact'), page.locator('.tile[value=street-light]').click()]));
await page.setInputFiles('#photos', picture);
await page.waitForTimeout(1500); // the photo is made small on the telephone while its owner writes
await page.fill('#text', 'Чырак күйбөй жатат');
await page.locator('input[name=q_fault]').first().check();
await page.fill('#contact', '0555 12 34 57');
await wait(() => Promise.all([page.waitForURL(/\/confirm\//, { waitUntil: 'domcontentloaded' }), page.getByRole('button', { name: 'Жөнөтүү' }).click()]));
check(spent <= 10_000, `the main journey waits ${(spent / 1000).toFixed(1)} s for a line of 400 kbit/s and 400 ms (at most 10 s)`);
await browser.close();
end();
