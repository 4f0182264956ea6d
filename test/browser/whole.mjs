// The whole way of a participatory budget, in each language, with and without
// scripts: the commission sets a campaign up, residents propose on their
// telephones, the body evaluates, the list is drawn, the vote opened; the
// residents vote and keep their receipts, others come to the desk, two vote on
// paper that is typed twice. Then, after the end, the count; everybody finds the
// result, the own receipt, and counts again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, cityTime, desk, end, launch, phone, visitor } from './kit.mjs';

const [base, bin, state, step] = process.argv.slice(2);
const browser = await launch();
const at = '/vote/whole';

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
    await page.fill(`#${phase}_begins`, cityTime(-1));
    await page.fill(`#${phase}_ends`, cityTime(1));
  }
  await page.fill('#pot_0_code', 'city');
  await page.fill('#pot_0_title_ky', 'Бүткүл шаар');
  await page.fill('#pot_0_amount', '1 000 000');
  await page.locator('main form button[type=submit]').click();
  await page.waitForURL(/staff\/vote\/whole/);
}

// The residents, each on a telephone, and what the office tells them.
const words = {
  ky: { feasible: 'Ишке ашырса болот', taken: 'Добушуңуз кабыл алынды', won: 'Жеңди', lost: 'Өтпөдү' },
  ru: { feasible: 'Можно осуществить', taken: 'Ваш голос принят', won: 'Победил', lost: 'Не прошёл' },
  en: { feasible: 'Feasible', taken: 'Your vote has been taken', won: 'Won', lost: 'Lost' },
};
const residents = [
  { lang: 'ky', title: 'Манас көчөсүнө чырактар', text: 'Кечинде көчө караңгы, балдар мектептен караңгыда кайтат. Он чырак койсок, жарык болот.' },
  { lang: 'ky', title: 'Аялдамага отургуч', text: 'Аялдамада карылар тик туруп күтөт. Чатыры бар эки отургуч койсок, жамгырда да ыңгайлуу болот.' },
  { lang: 'ru', title: 'Скамейки для пожилых', text: 'Пожилым людям негде отдохнуть по дороге в поликлинику. Поставим восемь скамеек с навесом.' },
  { lang: 'ru', title: 'Велопарковка у библиотеки', text: 'Читатели приезжают на велосипедах и пристёгивают их к деревьям. Нужны двадцать прочных стоек.' },
  { lang: 'en', title: 'A ramp at the clinic', text: 'Parents with prams and people in wheelchairs cannot get up the six steps. A ramp with rails would let them in.' },
  { lang: 'en', title: 'Drinking fountain in the park', text: 'There is no water to drink anywhere in the park in summer. One fountain by the playground would be enough.' },
].map((r, i) => ({ ...r, person: String(2031 + i), script: i % 2 === 0, what: `${r.lang}, ${i % 2 === 0 ? 'with' : 'without'} scripts` }));

const onPhone = ({ lang, script, person }) => someone({ ...phone, locale: lang, javaScriptEnabled: script }, person);

async function proposes(r) {
  const page = await onPhone(r);
  await page.goto(base + at);
  await page.locator(`a[href="${at}/ideas/new"]`).click();
  await page.waitForURL(/ideas\/new$/);
  await page.fill('#title', r.title);
  await page.fill('#text', r.text);
  await page.selectOption('#category', 'light');
  await page.fill('#address', 'Манас');
  const send = page.locator('main form > button.govuk-button').last();
  await send.click();
  await page.locator('input[name=found]').first().check();
  await send.click();
  await page.waitForURL(/ideas\/I-/);
  r.number = page.url().match(/I-[0-9-]+/)[0];
  check((await said(page)).includes(r.title), `${r.what}: ${r.number} is public`);
  await page.context().close();
}

async function evaluates(r) {
  const page = await someone({ ...desk, locale: r.lang, javaScriptEnabled: r.script }, '1004');
  await page.goto(`${base}/staff/ideas/${r.number}`);
  await press(page, 'check');
  await page.fill(`#reasons_${r.lang}`, 'Техникалык жактан болот / Возможно / Possible.');
  await page.fill('#cost', '190 000');
  await page.fill(`#why_${r.lang}`, 'Сметасы ушундай / Такова смета / As estimated.');
  await press(page, 'feasible');
  check((await page.locator('.tag').first().innerText()).includes(words[r.lang].feasible), `staff, ${r.what}: ${r.number} is feasible`);
  await page.context().close();
  const author = await onPhone(r);
  await author.goto(`${base}${at}/ideas/${r.number}`);
  check((await said(author)).includes(words[r.lang].feasible), `${r.what}: the author reads the decision`);
  await author.context().close();
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

// Everybody votes for the first of the list and for the own idea.
async function votesByTelephone(r) {
  const page = await onPhone(r);
  await page.goto(base + at);
  await page.locator(`a[href="${at}/ballot"]`).first().click();
  await page.waitForURL(/\/ballot$/);
  await saysWho(page);
  await press(page, 'choose');
  await page.locator('#pick_C01').check();
  await press(page, 'who');
  await press(page, 'choose');
  check(await page.locator('#pick_C01').isChecked(), `${r.what}: going back to the first step loses no choice`);
  const own = await page.locator('label[for^=pick_]', { hasText: r.title }).getAttribute('for');
  await page.locator(`#${own}`).check();
  const code = await receipt(page);
  check((await said(page)).includes(words[r.lang].taken), `${r.what}: the vote is taken`);
  await page.context().close();
  return { ...r, code, picks: [...new Set(['C01', own.replace('pick_', '')])].sort().join() };
}

async function begins(page, number) {
  await page.goto(`${base}/staff${at}/desk`);
  await saysWho(page);
  await page.fill('#number', number);
}

async function atTheDesk(lang, script, number) {
  const page = await someone({ ...desk, locale: lang, javaScriptEnabled: script }, '1003');
  await begins(page, number);
  await press(page, 'choose');
  check((await page.locator('.govuk-error-summary li').count()) === 1, `desk, ${lang}: a clerk enters a telephone or says that there is none`);
  check((await page.inputValue('#number')) === number, `desk, ${lang}: what was typed is kept`);
  await page.locator('input[name=no_phone]').check();
  await press(page, 'choose');
  await page.locator('#pick_C01').check();
  const code = await receipt(page);
  await begins(page, number);
  await page.locator('input[name=no_phone]').check();
  await press(page, 'choose');
  check((await page.locator('.vote-receipt__code, #pick_C01').count()) === 0, `desk, ${lang}: nobody votes there twice`);
  await page.context().close();
  return { code, picks: 'C01' };
}

async function givesPaper(page) {
  for (const number of ['11705199000007', '11705199000008']) {
    await begins(page, number);
    await page.locator('input[name=no_phone]').check();
    await press(page, 'paper');
  }
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

async function counts(code) {
  const page = await someone({ ...desk, locale: 'ky', javaScriptEnabled: false }, '1004');
  await page.goto(`${base}/staff${at}`);
  await page.fill('#code', code);
  await press(page, 'count');
  await page.context().close();
}

// What anybody finds afterwards: who won and why, the own ballot, the recount.
async function looksUp(r) {
  const page = await onPhone(r);
  await page.goto(base + at);
  await page.locator(`a[href="${at}/results"]`).first().click();
  await page.waitForURL(/\/results$/);
  const text = await said(page);
  check(text.includes(words[r.lang].won) && text.includes(words[r.lang].lost), `${r.what}: who won, who lost, and why`);
  const [, , file, ...flags] = (await page.locator('.vote-command:not(.vote-command--mine)').first().innerText()).trim().split(/\s+/);
  const ballots = await (await page.request.get(new URL(await page.locator('a[href$="city.pb"]').first().getAttribute('href'), page.url()).href)).text();
  check(ballots.includes(`\n${r.code};${r.picks}\n`), `${r.what}: the ballot ${r.code} is published as it was cast`);
  check(ballots.split('\nVOTES\n')[1].trim().split('\n').length === 12, `${r.what}: all eleven ballots are published, those at the desk and on paper too`);
  if (r.script) {
    await page.fill('#mine-code', r.code);
    await page.locator('#mine-code').press('Enter');
    await page.locator('[data-part=answer] li').first().waitFor();
    check((await page.locator('[data-part=answer]').innerText()).includes('C01'), `${r.what}: the own ballot is found by its code`);
  }
  const path = join(r.folder, `${r.person}-${file}`);
  writeFileSync(path, ballots);
  const mine = JSON.parse(execFileSync(bin, ['tally', path, '--json', ...flags]));
  const { winners, cost } = await (await page.request.get(`${base}${at}/results/city/tally.json`)).json();
  check(winners.includes('C01') && winners.length === 5 && JSON.stringify(mine.winners) === JSON.stringify(winners) && mine.cost === cost, `${r.what}: the recount gives ${winners.join(' ')}`);
  await page.context().close();
}

if (step === 'votes') {
  const commission = await someone({ ...desk, locale: 'en' }, '1004');
  await setsUp(commission);
  for (const r of residents) await proposes(r);
  for (const r of residents) await evaluates(r);
  const code = await opens(commission);
  const votes = [];
  for (const r of residents) votes.push(await votesByTelephone(r));
  votes.push(await atTheDesk('ky', true, '11705199000001'), await atTheDesk('ru', false, '11705199000002'), await atTheDesk('en', true, '11705199000003'));
  const clerk = await someone({ ...desk, locale: 'ky' }, '1003');
  await givesPaper(clerk);
  await typesPaper(clerk, commission);
  await commission.goto(`${base}/staff${at}/unusual`);
  check((await said(commission)).includes('No clerk enrolled 12'), 'what is unusual can be looked at');
  writeFileSync(state, JSON.stringify({ code, votes }));
} else {
  const { code, votes } = JSON.parse(readFileSync(state));
  await counts(code);
  const folder = mkdtempSync(join(tmpdir(), 'ashar-whole-'));
  for (const vote of votes.filter((v) => v.person)) await looksUp({ ...vote, folder });
}
await browser.close();
end();
