// The way of a draft: the budget officer imports it, sees what is different,
// publishes; a resident finds a line and asks; the officer answers; a journalist
// takes the same rows home.
import { launch, visitor, become, phone, desk, check, end } from './kit.mjs';

const base = process.argv[2];
const browser = await launch();

// draft is one of next year as an office writes it: semicolons, thousands, a
// total, an empty row and one without its amount. Each asks more for a school.
const draft = (n) => '\ufeffГод;Направление;Раздел;Ведомство;Экономическая статья;Наименование;Сумма, тыс. сом\r\n'
  + '2027;Расходы;09.2;edu;21;Оплата труда учителей школ;9 000 000,5\r\n'
  + `2027;Расходы;09.2;uks;31;Ремонт школы на улице Токтогула;${12 + n} 500\r\n`
  + '2027;Расходы;04.5;dtrdi;31;Капитальный ремонт дорог;4 100 000\r\n'
  + '2027;Расходы;04.5;dtrdi;31;Новая развязка;\r\n'
  + ';;;;;;\r\n'
  + `2027;Расходы;;;;Итого;13 ${112 + n} 500,5\r\n`
  + `2027;Доходы;;;11;Налоги;13 ${112 + n} 500,5\r\n`;

async function journey(n, device, lang, day, words) {
  const where = `${lang} ${device === phone ? 'phone' : 'desktop'}`;
  const options = { ...device, locale: lang, extraHTTPHeaders: { 'Accept-Language': lang } };
  const officer = await visitor(browser, options);
  await become(officer, base, '1000');
  await officer.goto(`${base}/staff/budget`);
  const panel = officer.locator('details:has(input#file)');
  if (!(await panel.evaluate((d) => d.open))) await panel.locator('summary').click();
  await officer.setInputFiles('#file', { name: `draft-${day}.csv`, mimeType: 'text/csv', buffer: Buffer.from(draft(n)) });
  await officer.fill('[name=source]', 'Финансовое управление');
  await officer.fill(`[name=title_${lang}]`, '2027');
  await officer.fill('[name=year]', '2027');
  await officer.selectOption('[name=phase]', 'proposed');
  await officer.fill('[name=day]', day);
  await panel.locator('button[type=submit]').click();
  await officer.waitForURL(/imports/);
  const text = await officer.locator('main').innerText();
  check(text.includes(words.nothing) && text.includes('13'), `${where}: the preview says that nothing is stored and what the file adds up to`);
  check(text.includes(words.empty), `${where}: the refused row is named with its reason`);
  check(await officer.locator('input[name=unit][value=thousand]').isChecked(), `${where}: the unit that the header names is offered, and asked for`);
  await officer.locator('button[value=change]').click();
  await officer.check('input[name=sure]');
  await officer.locator('button[value=confirm]').click();
  await officer.waitForURL(/staff\/budget\/versions/);
  const version = new URL(officer.url()).pathname.replace('/staff', '');
  await officer.locator('a[href^="/budget/compare"]').first().click();
  await officer.waitForURL(/compare/);
  check((await officer.locator('table').count()) > 0 && (await officer.locator('svg.chart__picture').count()) > 0, `${where}: the differences are a table and a picture`);
  await officer.goto(`${base}/staff${version}`);
  await officer.locator('button[value=publish]').click();
  await officer.waitForLoadState();

  const resident = await visitor(browser, options);
  await become(resident, base, String(2000 + n));
  await resident.goto(`${base}${version}?dir=expenditure&by=functional`);
  await resident.locator('table a[href*="at=09"]').first().click();
  await resident.waitForURL(/at=09/);
  await resident.getByRole('link', { name: 'Ремонт школы на улице Токтогула' }).first().click();
  await resident.waitForURL(/lines/);
  const line = resident.url();
  check((await resident.locator('main').innerText()).includes(`draft-${day}.csv, 3`), `${where}: the figure leads to its row of the file`);
  await resident.locator('button[value=follow]').click();
  await resident.waitForLoadState();
  await resident.fill('[name=question]', 'Мектептин кайсы имараты оңдолот?');
  await resident.locator('form:has([name=question]) button[type=submit]').click();
  await resident.waitForURL(/questions/);
  const question = new URL(resident.url()).pathname;

  await officer.goto(`${base}/staff${question}`);
  await officer.fill('[name=note]', 'Эски имараты, чатыры менен кошо.');
  await officer.locator('button[value=answer]').click();
  await officer.waitForLoadState();
  const journalist = await visitor(browser, options);
  await journalist.goto(`${base}${question}`);
  check((await journalist.locator('main').innerText()).includes('Эски имараты'), `${where}: the answer is public`);

  await journalist.goto(`${base}${version}?dir=expenditure&by=functional&at=09`);
  const amounts = (await journalist.locator('.budget-line__amount').allInnerTexts()).map((s) => s.replace(/[^0-9]/g, ''));
  const [file] = await Promise.all([journalist.waitForEvent('download'), journalist.locator('a[href*="budget.csv"]').click()]);
  const csv = await new Response((await import('node:stream')).Readable.toWeb(await file.createReadStream())).text();
  const rows = csv.trim().split('\n').slice(1);
  check(rows.length === amounts.length && amounts.every((a) => rows.some((r) => r.includes(`,${a},`) || r.includes(`,${a.slice(0, -1)}.`))), `${where}: the file has the rows of the page`);
  const wide = await journalist.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(wide <= 0, `${where}: nothing sticks out of the page`);
  await resident.goto(line);
  for (const p of [officer, resident, journalist]) await p.context().close();
}

const words = {
  ky: { nothing: 'Азырынча эч нерсе сакталган жок', empty: 'сумма бош' },
  ru: { nothing: 'Пока ничего не сохранено', empty: 'сумма пуста' },
  en: { nothing: 'Nothing is stored yet', empty: 'the amount is empty' },
};
let n = 0;
for (const lang of ['ky', 'ru', 'en']) {
  for (const device of [phone, desk]) {
    await journey(n, device, lang, `2026-09-${String(10 + n)}`, words[lang]);
    n++;
  }
}
await browser.close();
end();
