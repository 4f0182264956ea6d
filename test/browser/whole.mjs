// The whole way of a participatory budget: the commission sets a campaign up, a
// resident proposes on a telephone, the body evaluates, the list is drawn, the
// vote opened; a resident votes on the telephone, one at the desk, two on paper
// that is typed twice. Then, after the end, the count and its recount.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, desk, end, launch, phone, visitor } from './kit.mjs';

const [base, bin, state, step] = process.argv.slice(2);
const browser = await launch();
const at = '/vote/whole';
const moment = (days) => new Date(Date.now() + days * 86400000).toISOString().slice(0, 16);

async function someone(options, person) {
  const page = await visitor(browser, options);
  await page.request.post(`${base}/demo`, { form: { person, back: '/vote' } });
  return page;
}

async function press(page, value, n = 0) {
  await Promise.all([page.waitForNavigation(), page.locator(`main button[value=${value}]`).nth(n).click()]);
}

const said = (page) => page.locator('main').innerText();

async function setsUp(page) {
  await page.goto(`${base}/staff/vote/new`);
  await page.fill('#slug', 'whole');
  await page.selectOption('#body', { index: 1 });
  await page.fill('#title_ky', 'Башынан аягына чейин');
  await page.fill('#title_en', 'From start to end');
  for (const phase of ['collecting', 'checking', 'evaluating', 'voting']) {
    await page.fill(`#${phase}_begins`, moment(-1));
    await page.fill(`#${phase}_ends`, moment(1));
  }
  await page.fill('#pot_0_code', 'city');
  await page.fill('#pot_0_title_ky', 'Бүткүл шаар');
  await page.fill('#pot_0_amount', '1 000 000');
  await page.locator('main form button[type=submit]').click();
  await page.waitForURL(/staff\/vote\/whole/);
}

async function proposes(person, title, text) {
  const page = await someone({ ...phone, locale: 'ky' }, person);
  await page.goto(`${base}${at}/ideas/new`);
  await page.fill('#title', title);
  await page.fill('#text', text);
  await page.selectOption('#category', 'light');
  await page.fill('#address', 'Манас');
  const send = page.locator('main form > button.govuk-button').last();
  await send.click();
  await page.locator('input[name=found]').first().check();
  await send.click();
  await page.waitForURL(/ideas\/I-/);
  await page.context().close();
  return page.url().match(/I-[0-9-]+/)[0];
}

async function evaluates(number, cost) {
  const page = await someone({ ...desk, locale: 'en' }, '1004');
  await page.goto(`${base}/staff/ideas/${number}`);
  await press(page, 'check');
  await page.fill('#reasons_en', 'The poles stand there already.');
  await page.fill('#cost', cost);
  await page.fill('#why_en', 'Ten lamps and their cable.');
  await press(page, 'feasible');
  check((await page.locator('.tag').first().innerText()).includes('Feasible'), `${number} is feasible`);
  await page.context().close();
}

async function opens(page) {
  await page.goto(`${base}/staff${at}/list`);
  await page.fill('#seed', '12-07-33');
  await press(page, 'publish');
  await page.goto(`${base}/staff${at}`);
  const code = await page.locator('.vote-receipt__code').innerText();
  await page.fill('#code', code.replaceAll('-', ' ').toLowerCase());
  await press(page, 'open');
  check((await page.locator('.vote-receipt__code').count()) === 0, 'the vote is open, and the code is shown no more');
  return code;
}

async function saysWho(page) {
  await page.locator('input[name=class]').first().check();
  await page.fill('#born', '1990-05-17');
}

async function receipt(page) {
  await press(page, 'review');
  await press(page, 'cast');
  return page.locator('.vote-receipt__code').innerText();
}

async function votesByTelephone() {
  const page = await someone({ ...phone, locale: 'ky' }, '2031');
  await page.goto(`${base}${at}/ballot`);
  await saysWho(page);
  await press(page, 'choose');
  await page.locator('#pick_C01').check();
  await press(page, 'who');
  await press(page, 'choose');
  check(await page.locator('#pick_C01').isChecked(), 'going back to the first step loses no choice');
  const code = await receipt(page);
  await page.context().close();
  return code;
}

async function atTheDesk(page) {
  const begins = async (number) => {
    await page.goto(`${base}/staff${at}/desk`);
    await saysWho(page);
    await page.fill('#number', number);
  };
  await begins('11705199000001');
  await press(page, 'choose');
  check((await page.locator('.govuk-error-summary li').count()) === 1, 'a clerk enters a telephone or says that there is none');
  await page.locator('input[name=no_phone]').check();
  await press(page, 'choose');
  await page.locator('#pick_C01').check();
  const code = await receipt(page);
  for (const number of ['11705199000002', '11705199000003']) {
    await begins(number);
    await page.locator('input[name=no_phone]').check();
    await press(page, 'paper');
  }
  return code;
}

async function typesPaper(one, commission) {
  await one.goto(`${base}/staff${at}/paper`);
  await one.fill('#name', '1');
  await one.fill('#sheets', '2');
  await Promise.all([one.waitForURL(/paper\/\d+/), one.locator('main form button').last().click()]);
  const batch = one.url();
  const other = await someone({ ...desk, locale: 'ru' }, '1001');
  await other.goto(batch);
  const types = async (page, picks) => {
    await page.fill('#picks', picks);
    await press(page, 'type');
  };
  await types(one, 'c01');
  await types(one, 'C02');
  await other.goto(batch);
  await types(other, 'C01');
  await types(other, 'C02 C01');
  check((await other.locator('#differences').count()) === 1, 'the sheet on which two typists differ is shown');
  await commission.goto(batch);
  check((await commission.locator('main button[value=accept]').count()) === 0, 'a batch with a difference cannot be accepted');
  await press(commission, 'decide', 1);
  await press(commission, 'accept');
  check((await commission.locator('main button[value=accept]').count()) === 0, 'the batch is accepted once');
  await other.context().close();
}

async function counts(known) {
  const page = await someone({ ...desk, locale: 'en' }, '1004');
  await page.goto(`${base}/staff${at}`);
  await page.fill('#code', known.code);
  await press(page, 'count');
  const resident = await visitor(browser, { ...phone, locale: 'ky' });
  await resident.goto(`${base}${at}/results`);
  const [, , file, ...flags] = (await resident.locator('.vote-command:not(.vote-command--mine)').first().innerText()).trim().split(/\s+/);
  const text = await (await resident.request.get(`${base}${at}/ballots/city.pb`)).text();
  for (const code of known.receipts) check(text.includes(`\n${code};C01\n`), `the ballot ${code} is published as it was cast`);
  check(text.split('\nVOTES\n')[1].trim().split('\n').length === 5, 'the two ballots on paper are published with them');
  const path = join(mkdtempSync(join(tmpdir(), 'ashar-whole-')), file);
  writeFileSync(path, text);
  const mine = JSON.parse(execFileSync(bin, ['tally', path, '--json', ...flags]));
  const { winners } = await (await resident.request.get(`${base}${at}/results/city/tally.json`)).json();
  check(winners.includes('C01') && JSON.stringify(mine.winners) === JSON.stringify(winners), `the recount gives ${winners.join(' ')}`);
  check((await said(resident)).includes('C01'), 'the winner stands on the page');
}

if (step === 'votes') {
  const commission = await someone({ ...desk, locale: 'en' }, '1004');
  await setsUp(commission);
  await evaluates(await proposes('2031', 'Манас көчөсүнө чырактар', 'Кечинде көчө караңгы, балдар мектептен караңгыда кайтат. Он чырак койсок, жарык болот.'), '420 000');
  await evaluates(await proposes('2032', 'Скамейки для пожилых', 'Пожилым людям негде отдохнуть по дороге в поликлинику. Поставим восемь скамеек с навесом.'), '380 000');
  const code = await opens(commission);
  const receipts = [await votesByTelephone()];
  const clerk = await someone({ ...desk, locale: 'ky' }, '1003');
  receipts.push(await atTheDesk(clerk));
  await typesPaper(clerk, commission);
  await commission.goto(`${base}/staff${at}/unusual`);
  check((await said(commission)).length > 100, 'what is unusual can be looked at');
  writeFileSync(state, JSON.stringify({ code, receipts }));
} else {
  await counts(JSON.parse(readFileSync(state)));
}
await browser.close();
end();
