// A resident votes on a telephone, in each language, with and without scripts;
// finds the result and why; counts again with the published file; and protests.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, end, launch, phone, visitor } from './kit.mjs';

const [base, bin] = process.argv.slice(2);
const browser = await launch();

const words = {
  ky: { few: 'Жок дегенде бир долбоор тандаңыз', taken: 'Добушуңуз кабыл алынды', again: 'Сиз добуш бергенсиз', account: 'Добуш бердиңиз', won: 'Жеңди' },
  ru: { few: 'Выберите хотя бы один проект', taken: 'Ваш голос принят', again: 'Вы уже проголосовали', account: 'Вы проголосовали', won: 'Победил' },
  en: { few: 'Choose at least one project', taken: 'Your vote has been taken', again: 'You have voted', account: 'You voted', won: 'Won' },
};

async function votes(lang, person, script) {
  const what = `${lang}, ${script ? 'with' : 'without'} scripts`;
  const page = await visitor(browser, { ...phone, locale: lang, javaScriptEnabled: script });
  const press = async (value) => {
    await page.locator(`main button[value=${value}]`).click();
    await page.waitForLoadState();
  };
  // The demo's own page offers only some of its people.
  await page.request.post(`${base}/demo`, { form: { person, back: '/vote' } });
  await page.goto(`${base}/vote/2026`);
  await page.locator('a[href="/vote/2026/ballot"]').click();
  await page.waitForURL(/\/ballot$/);
  await press('choose');
  check((await page.locator('.govuk-error-summary li').count()) === 3, `${what}: all three gaps in who votes are told`);
  await page.locator('input[name=class]').first().check();
  await page.selectOption('#district', 'oktyabrsky');
  await page.fill('#born', '1991-03-21');
  await press('choose');
  check((await page.locator('fieldset.vote-pot').count()) === 2, `${what}: the pots are those of the city and of the own district`);
  await press('review');
  check((await page.locator('main').innerText()).includes(words[lang].few), `${what}: an empty ballot is told`);
  await page.locator('#pick_C01').check();
  await page.locator('#pick_O02').check();
  if (script) {
    const bar = page.locator('.vote-bar');
    check(/2/.test(await bar.innerText()), `${what}: what is left is shown: ${(await bar.innerText()).replaceAll('\n', ' ')}`);
    await page.locator('#pick_C02').check();
    await bar.locator('button').click();
    check(!(await page.locator('#pick_C02').isChecked()), `${what}: the last choice is undone`);
  }
  await press('review');
  await press('cast');
  check((await page.locator('main').innerText()).includes(words[lang].taken), `${what}: the ballot is taken`);
  const receipt = await page.locator('.vote-receipt__code').innerText();
  check(/^([A-Z2-9]{4}-){3}[A-Z2-9]{4}$/.test(receipt) && !page.url().includes(receipt), `${what}: a receipt is shown, and does not stand in the address`);
  await page.goto(`${base}/vote/2026/ballot`);
  check((await page.locator('main').innerText()).includes(words[lang].again), `${what}: nobody votes twice`);
  await page.goto(`${base}/account`);
  const account = await page.locator('main').innerText();
  check(account.includes(words[lang].account) && !account.includes(receipt), `${what}: the account tells that somebody voted, never what`);
  await page.context().close();
}

async function recounts(lang) {
  const page = await visitor(browser, { ...phone, locale: lang, acceptDownloads: true });
  await page.goto(`${base}/vote/2025/results`);
  check((await page.locator('.vote-why').first().innerText()).includes(words[lang].won), `${lang}: a winner is told why it won`);
  for (const element of await page.locator('.vote-command:not(.vote-command--mine)').all()) {
    const [, , file, ...flags] = (await element.innerText()).trim().split(/\s+/);
    const pot = file.replace(/^2025-|\.pb$/g, '');
    const text = await (await page.request.get(`${base}/vote/2025/ballots/${pot}.pb`)).body();
    const path = join(mkdtempSync(join(tmpdir(), 'ashar-recount-')), file);
    writeFileSync(path, text);
    const mine = JSON.parse(execFileSync(bin, ['tally', path, '--json', ...flags]));
    const published = await (await page.request.get(`${base}/vote/2025/results/${pot}/tally.json`)).json();
    check(mine.winners.length > 0 && JSON.stringify(mine.winners) === JSON.stringify(published.winners) && mine.cost === published.cost, `${lang}: the recount of ${pot} gives ${mine.winners.join(' ')}`);
  }
  // The census of 2009: 238 329, 214 100, 198 019 and 171 467 of 821 915.
  const people = await page.locator('section[aria-labelledby=fair] table').first().locator('tbody td:last-child').allTextContents();
  check(people.map((text) => text.match(/\d+/)[0]).sort().join(' ') === '21 24 26 29', `${lang}: the money is compared with who lives in each district: ${people.join(' ')}`);
  await page.goto(`${base}/vote/2025/results/city`);
  check((await page.locator('.vote-round').count()) > 2, `${lang}: the count is told round by round`);
  await page.context().close();
}

// A voter looks up what became of the own vote; the code never leaves the
// browser, and what all ballots paid is what the winners cost.
async function mine(lang) {
  const what = `${lang}, own vote`;
  const page = await visitor(browser, { ...phone, locale: lang });
  await page.goto(`${base}/vote/2025/results`);
  const input = page.locator('#mine-code');
  await input.waitFor();
  const file = await (await fetch(`${base}/vote/2025/ballots/leninsky.pb`)).text();
  const ballots = file.split('\nVOTES\n')[1].trim().split('\n').slice(1).map((l) => l.split(';'));
  const sent = [];
  page.on('request', (r) => sent.push(`${r.method()} ${r.url()} ${r.postData() ?? ''} ${JSON.stringify(r.headers())}`));
  const answer = page.locator('[data-part=answer]');
  await input.fill('AAAA-BBBB-CCCC-DDDD');
  await input.press('Enter');
  await answer.locator('.govuk-error-message').waitFor();
  const paid = {};
  for (const [receipt, picks] of ballots) {
    await input.fill(receipt === ballots[0][0] ? receipt.toLowerCase().replaceAll('-', ' ') : receipt);
    await input.press('Enter');
    await page.waitForFunction((codes) => [...document.querySelectorAll('[data-part=answer] strong')].map((e) => e.textContent.split('.')[0]).join().includes(codes), picks);
    for (const line of await answer.locator('li').allInnerTexts()) {
      const [title, text] = line.split('\n').filter(Boolean);
      const money = text.match(/([\d\s.,\u00a0\u202f]+)(?:сом|som)/)?.[1].replace(/[\s\u00a0\u202f]/g, '').replace(lang === 'en' ? /,/g : /$/g, '').replace(',', '.');
      if (title.startsWith('L')) paid[title.split('.')[0]] = (paid[title.split('.')[0]] ?? 0) + Number(money ?? 0);
    }
  }
  const tally = await (await fetch(`${base}/vote/2025/results/leninsky/tally.json`)).json();
  for (const p of tally.projects) {
    const off = Math.abs((paid[p.project] ?? 0) - (p.won ? Number(p.cost) : 0));
    check(off < ballots.length * 0.005 + 0.01, `${what}: all ballots paid ${(paid[p.project] ?? 0).toFixed(2)} for ${p.project}, which ${p.won ? `won and costs ${p.cost}` : 'lost'}`);
  }
  const bare = ballots.map(([r]) => r.replaceAll('-', ''));
  const leaked = sent.filter((s) => bare.some((code) => s.toUpperCase().replace(/[^0-9A-Z]/g, '').includes(code)));
  check(leaked.length === 0 && !bare.includes(page.url()), `${what}: no request carries a code (${sent.length} requests)`);
  check(sent.length > 0 && sent.every((s) => /^GET \S+\/(ballots\/\w+\.pb|tally\.json|assets\/\S+) /.test(s)), `${what}: only public files were fetched: ${sent.map((s) => s.split(' ').slice(0, 2).join(' ')).find((s) => !/ballots|tally|assets/.test(s)) ?? 'yes'}`);
  await page.context().close();
}

// Somebody protests against a result, and finds the protest among the others.
async function protests(lang, person, script) {
  const what = `${lang}, protest`;
  const page = await visitor(browser, { ...phone, locale: lang, javaScriptEnabled: script });
  await page.request.post(`${base}/demo`, { form: { person, back: '/vote' } });
  await page.goto(`${base}/vote/parks-2026/results`);
  await page.locator('a[href="/vote/parks-2026/protests/new"]').click();
  await page.locator('main form button').click();
  check((await page.locator('.govuk-error-summary li').count()) === 2, `${what}: grounds and words are asked for`);
  await page.locator('input[name=ground][value=person]').check();
  const words = 'Мен добуш берген эмесмин, бирок каттоо эсебим добуш бердиңиз дейт.';
  await page.fill('#text', words);
  await page.locator('main form button').click();
  await page.waitForURL(/\/protests\/V-/);
  const number = page.url().match(/V-\d{4}-\d{6}/)[0];
  check((await page.locator('main').innerText()).includes(words), `${what}: the author reads the protest`);
  await page.goto(`${base}/vote/parks-2026/results`);
  const all = await page.locator('#protests ~ .case-list').innerText();
  check(all.includes(number) && !all.includes(words), `${what}: everybody sees number and grounds, never the words`);
  await page.goto(`${base}/account`);
  check((await page.locator('main').innerText()).includes(number), `${what}: it stands in the account`);
  await page.context().close();
}

await votes('ky', 2011, true);
await votes('ru', 2012, false);
await votes('en', 2013, true);
for (const lang of ['ky', 'ru', 'en']) await recounts(lang);
await mine('ru');
await protests('ky', 2015, false);
await protests('ru', 2016, true);
await browser.close();
end();
