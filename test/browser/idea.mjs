// The staff sets a campaign up; residents send ideas on a telephone, in Kyrgyz
// with scripts and in Russian without; the staff evaluates them and publishes
// the list.
import { check, desk, end, launch, phone, visitor } from './kit.mjs';

const [base] = process.argv.slice(2);
const browser = await launch();
const at = '/vote/journey';

async function someone(options, person) {
  const page = await visitor(browser, options);
  await page.request.post(`${base}/demo`, { form: { person, back: '/vote' } });
  return page;
}

const moment = (days) => new Date(Date.now() + days * 86400000).toISOString().slice(0, 16);

async function setUp() {
  const page = await someone({ ...desk, locale: 'en' }, '1004');
  await page.goto(`${base}/staff/vote/new`);
  await page.fill('#slug', 'journey');
  await page.selectOption('#body', { index: 1 });
  for (const [lang, text] of Object.entries({ ky: 'Жарык шаар', ru: 'Светлый город', en: 'A bright city' })) await page.fill(`#title_${lang}`, text);
  for (const phase of ['collecting', 'checking', 'evaluating', 'correcting', 'appealing']) {
    await page.fill(`#${phase}_begins`, moment(-1));
    await page.fill(`#${phase}_ends`, moment(20));
  }
  await page.locator('main form button[type=submit]').click();
  check((await page.locator('.govuk-error-summary').count()) === 1, 'staff: a campaign without money is refused');
  check((await page.inputValue('#title_ky')) === 'Жарык шаар' && (await page.inputValue('#collecting_ends')) === moment(20), 'staff: nothing that was typed is lost');
  await page.fill('#pot_0_code', 'city');
  await page.fill('#pot_0_title_en', 'The whole city');
  await page.fill('#pot_0_amount', '5 000 000');
  await page.locator('main form button[type=submit]').click();
  await page.waitForURL(/staff\/vote\/journey/);
  await page.context().close();
}

async function proposes(lang, person, script, title, text) {
  const what = `${lang}, ${script ? 'with' : 'without'} scripts`;
  const page = await someone({ ...phone, locale: lang, javaScriptEnabled: script }, person);
  await page.goto(base + at);
  await page.locator(`a[href="${at}/ideas/new"]`).click();
  await page.waitForURL(/ideas\/new$/);
  const send = page.locator('main form > button.govuk-button').last();
  await send.click();
  await page.locator('.govuk-error-summary').waitFor();
  check((await page.locator('.govuk-error-summary li').count()) >= 4, `${what}: all gaps of an empty form are told`);
  await page.fill('#title', title);
  await page.fill('#text', text);
  await page.selectOption('#category', 'light');
  await page.fill('#address', 'Манас');
  await send.click();
  await page.locator('input[name=found]').first().check();
  check((await page.inputValue('#title')) === title && (await page.inputValue('#text')) === text, `${what}: the words are kept while the place is asked`);
  await send.click();
  await page.waitForURL(/ideas\/I-/);
  check((await page.locator('h1').innerText()).replace(/\s+/g, ' ') === title, `${what}: the idea is public`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth).catch(() => 390);
  check(wide <= 390, `${what}: the page fits the telephone`);
  const number = page.url().match(/I-[0-9-]+/)[0];
  await page.goto(`${base}/account`);
  check((await page.locator('main').innerText()).includes(number), `${what}: the account shows the idea`);
  await page.context().close();
  return number;
}

async function evaluates(numbers) {
  const page = await someone({ ...desk, locale: 'en' }, '1004');
  const press = async (value) => {
    await page.locator(`main button[value=${value}]`).last().click();
    await page.waitForLoadState();
  };
  for (const number of numbers) {
    await page.goto(`${base}/staff/ideas/${number}`);
    await press('check');
    await page.fill('#reasons_en', 'The poles stand there already.');
    await press('feasible');
    check((await page.locator('.govuk-error-summary li').count()) >= 2, `staff: ${number} has no cost without a reason`);
    check((await page.inputValue('#reasons_en')) !== '', `staff: ${number}: the reasons are kept`);
    await page.fill('#cost', '420 000');
    await page.fill('#why_en', 'Ten lamps and their cable.');
    await press('feasible');
    check((await page.locator('.tag').first().innerText()).includes('Feasible'), `staff: ${number} is feasible`);
  }
  await page.goto(`${base}/staff${at}/list`);
  await page.fill('#seed', '12-07-33');
  await press('publish');
  await page.goto(`${base}${at}/projects`);
  const list = await page.locator('main').innerText();
  check(list.includes('C01.') && list.includes('C02.'), 'staff: the list is public with its drawn numbers');
  await page.context().close();
}

await setUp();
const one = await proposes('ky', '2021', true, 'Манас көчөсүнө чырактар', 'Кечинде көчө караңгы, балдар мектептен караңгыда кайтат. Он чырак койсок, жарык болот.');
const two = await proposes('ru', '2022', false, 'Скамейки для пожилых', 'Пожилым людям негде отдохнуть по дороге в поликлинику. Поставим восемь скамеек с навесом.');
await evaluates([one, two]);
await browser.close();
end();
