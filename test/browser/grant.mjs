// The way of a grant on a phone: a resident applies, the commission decides, the
// money is released part by part.
import { readFileSync } from 'node:fs';
import { become, check, desk, end, launch, phone, visitor } from './kit.mjs';

const base = process.argv[2];
const photo = (name) => ({ name, mimeType: 'image/jpeg', buffer: readFileSync(process.argv[3]) });
const act = { name: 'akt.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n') };
const browser = await launch();
const call = (await (await fetch(`${base}/grants`)).text()).match(/\/grants\/calls\/\d+/)[0]; // the newest takes applications

// Everything in the main part that can be pressed is named by its words.
const press = (page, name) => Promise.all([page.waitForNavigation(), page.locator('main').getByRole('button', { name, exact: true }).click()]);
const opened = async (page, title) => page.locator('main summary', { hasText: title }).first().click();
// What is wrong leads to its field.
async function problem(page) {
  const links = await page.locator('.govuk-error-summary a').evaluateAll((list) => list.map((a) => a.getAttribute('href')));
  for (const link of links) check((await page.locator(`[id="${link.slice(1)}"]`).count()) === 1, `${link} leads to a field`);
  return page.locator('.govuk-error-summary').innerText();
}

const lines = [
  ['Тротуар плиткасы', '200', 'м²', '1 500', 'grant'],
  ['Ашар: даярдоо', '120,5', 'саат', '200', 'work'],
  ['Чогултулган акча', '1', '', '60 000', 'money'],
];

async function line(page, i, [what, quantity, unit, price, payer]) {
  await page.fill(`[name=l${i}_what]`, what);
  await page.fill(`[name=l${i}_quantity]`, quantity);
  await page.fill(`[name=l${i}_unit]`, unit);
  await page.fill(`[name=l${i}_price]`, price);
  await page.selectOption(`[name=l${i}_payer]`, payer);
}

// apply sends an application in Kyrgyz, first with too small a share of one's own.
async function apply(person, script) {
  const how = script ? 'with' : 'without';
  const page = await visitor(browser, { ...phone, locale: 'ky-KG', javaScriptEnabled: script });
  await become(page, base, person);
  await page.goto(base + call);
  await page.locator('main a', { hasText: 'Табыштама берүү' }).click();
  await page.getByLabel('Тургундардын тобу').check();
  await page.fill('#name', 'Манас көчөсүнүн тургундары');
  await page.fill('#phone', '0555 40 41 42');
  await page.fill('#title', `Балдар үчүн короо, ${person}`);
  await page.fill('#address', 'Манас көчөсү, 40');
  await page.fill('#what', 'Короого тротуар плиткасын төшөп, селкинчек орнотобуз.');
  await page.fill('#why', 'Токсон үй-бүлөнүн балдары ойной турган жер жок.');
  await line(page, 0, lines[0]);
  await line(page, 1, lines[1]);
  await press(page, 'Табыштаманы жөнөтүү');
  const said = await problem(page);
  check(said.includes('20') && said.includes('7,4'), `${how} script the applicant is told that the share is too small: ${said.split('\n').pop()}`);
  check((await page.inputValue('#title')).startsWith('Балдар') && (await page.inputValue('[name=l1_quantity]')) === '120,5', `${how} script what was typed is kept`);
  await press(page, 'Сап кошуу');
  await line(page, 2, lines[2]);
  await press(page, 'Эсептеп көрүү');
  check((await page.locator('#lines').innerText()).includes('21,9'), `${how} script the share is worked out before sending`);
  await press(page, 'Кийин улантуу үчүн сактоо');
  await page.goto(`${base}/account`);
  await page.locator(`main a[href="${call}/apply"]`).first().click();
  check((await page.inputValue('#why')).startsWith('Токсон'), `${how} script the draft waits in the account`);
  await press(page, 'Табыштаманы жөнөтүү');
  await page.waitForURL(/\/grants\/applications\/G-/);
  const number = page.url().match(/G-\d{4}-\d+/)[0];
  check((await page.locator('.notice').first().innerText()).includes(number), `${how} script ${number} has arrived`);
  return { page, number };
}

// decided puts an application on an agenda of today, and has it approved.
async function decided(number) {
  const head = await visitor(browser, { ...desk, locale: 'ru' });
  await become(head, base, 1900);
  await head.goto(`${base}/staff/grants/applications/${number}`);
  await press(head, 'Допустить к комиссии и опубликовать');
  await head.goto(`${base}/staff${call}`);
  await opened(head, 'Назначить заседание');
  await head.fill('#begins', '2026-01-12T10:00');
  await head.fill('#place', 'Чуй, 166');
  await press(head, 'Назначить');
  await head.waitForURL(/\/sessions\//);
  const session = head.url().match(/\/grants\/sessions\/\d+/)[0];
  await head.fill('#session', number);
  await press(head, 'Добавить в повестку');

  const member = await visitor(browser, { ...phone, locale: 'ru' });
  await become(member, base, 2005);
  await member.goto(`${base}${session}/vote`);
  await opened(member, 'Конфликт интересов');
  await member.getByLabel('В чём интерес').fill('Там живёт мой брат');
  await press(member, 'Сообщить');
  await member.getByLabel('За', { exact: true }).check();
  await press(member, 'Проголосовать');
  check((await problem(member)).includes('личный интерес'), 'a member with a conflict has no vote');

  await head.reload();
  await opened(head, 'Голоса и интересы на бумаге');
  for (const yes of await head.locator('input[name^=vote_][value=for]').all()) await yes.check();
  await press(head, 'Записать голоса');
  await opened(head, 'Записать решение');
  await head.locator('input[name=outcome][value=approve]').check();
  await head.locator('input[name=amount]').fill('600 000');
  await press(head, 'Сохранить решение');
  check((await problem(head)).includes('300'), 'nobody is granted more than was asked for');
  await head.locator('input[name=amount]').fill('290 000');
  await press(head, 'Сохранить решение');
  await opened(head, 'Закрыть заседание');
  await head.fill('#minutes', 'Рассмотрена одна заявка, решение принято большинством.');
  await press(head, 'Закрыть заседание и опубликовать протокол');
  const minutes = await visitor(browser, { ...phone, locale: 'en' });
  await minutes.goto(base + session);
  const text = await minutes.locator('main').textContent();
  check(/24\.5%/.test(text) && /For: 5/.test(text) && text.includes('Там живёт мой брат'), 'everybody reads who voted how, and the own share');
  return head;
}

// paid makes the contract and releases its parts, each after the report before.
async function paid(head, applicant, number) {
  const work = `${base}/staff/grants/applications/${number}`;
  await head.goto(work);
  await opened(head, 'Заключить договор');
  for (const [id, value] of Object.entries({ number: 'Д-77', day: '2026-11-20', ends: '2027-06-30', parties: 'Акимиат, жители ул. Манаса', t0_sum: '145 000', t0_terms: 'После подписания', t1_sum: '145 000', t1_terms: 'После приёмки' })) {
    await head.fill(`#${id}`, value);
  }
  await press(head, 'Сохранить договор');
  await press(head, 'Выдать транш 1');
  await press(head, 'Выдать транш 2');
  check((await problem(head)).includes('Сначала'), 'the second tranche waits for the report on the first');

  await applicant.goto(`${base}/grants/applications/${number}`);
  await opened(applicant, '1-бөлүк боюнча отчёт');
  await applicant.setInputFiles('#before', photo('before.jpg'));
  await applicant.setInputFiles('#after', photo('after.jpg'));
  await applicant.setInputFiles('#files', act);
  await press(applicant, 'Отчётту жөнөтүү');

  await head.goto(work);
  await press(head, 'Принять отчёт и акт');
  await press(head, 'Выдать транш 2');
  check((await head.locator('.tag--in_work').count()) >= 2, 'then it is released');
}

async function everybody(number) {
  for (const [locale, words] of [['ru', ['Выполняется', 'Работы приняты', 'Кто платит', 'Вклад жителей']], ['en', ['Under way', 'Work accepted', 'Who pays', 'What residents pledge']]]) {
    const page = await visitor(browser, { ...phone, locale });
    await page.goto(`${base}/grants/applications/${number}`);
    const text = await page.locator('main').innerText();
    check(words.every((w) => text.includes(w)), `everybody reads how it goes in ${locale}`);
    check(!text.includes('40 41 42') && !text.includes('555404142'), 'but not whom to call');
    check((await page.locator('main img[src^="/photos/"]').count()) === 2, 'and sees the photos of the report');
  }
}

const { page, number } = await apply(2004, true);
const head = await decided(number);
await paid(head, page, number);
await everybody(number);
await apply(2003, false);
await browser.close();
end();
