// A clerk gives notice of a hearing; a resident signs up and asks on a telephone
// without scripts, in Kyrgyz; somebody who calls is signed up by the desk; the
// question is let through, answered, and read.
import { check, cityTime, desk, end, launch, phone, visitor } from './kit.mjs';

const [base] = process.argv.slice(2);
const browser = await launch();

async function someone(options, person) {
  const page = await visitor(browser, options);
  if (person) await page.request.post(`${base}/demo`, { form: { person, back: '/hearings' } });
  return page;
}

const day = (days, hour) => `${cityTime(days).slice(0, 10)}T${hour}:00`;
const fits = async (page, what) => check((await page.evaluate(() => document.documentElement.scrollWidth).catch(() => 0)) <= page.viewportSize().width, `${what} fits the screen`);

const clerk = await someone({ ...desk, locale: 'ru' }, '1003');
await clerk.goto(`${base}/staff/hearings`);
await clerk.locator('main details summary').first().click();
await clerk.selectOption('#kind', 'budget_draft');
for (const [lang, text] of Object.entries({ ky: 'Жарык тууралуу угуу', ru: 'Слушание о свете', en: 'A hearing about light' })) await clerk.fill(`#title_${lang}`, text);
await clerk.fill('#place_0', 'Токтогула, 87');
await clerk.fill('#begins_0', day(3, '15'));
await clerk.fill('#ends_0', day(3, '17'));
await clerk.fill('#capacity_0', '40');
const publish = () => clerk.locator('main form[action="/staff/hearings"] button.govuk-button').last().click();
await publish();
await clerk.locator('.govuk-error-summary').waitFor();
check((await clerk.inputValue('#title_ky')) === 'Жарык тууралуу угуу' && (await clerk.inputValue('#begins_0')) === day(3, '15'), 'clerk: too short a notice is refused and nothing typed is lost');
await clerk.fill('#begins_0', day(20, '15'));
await clerk.fill('#ends_0', day(20, '17'));
await publish();
await clerk.waitForURL(/staff\/hearings\/\d+$/);
const at = new URL(clerk.url()).pathname.replace('/staff', '');

const resident = await someone({ ...phone, locale: 'ky', javaScriptEnabled: false }, '2030');
await resident.goto(`${base}/hearings`);
await fits(resident, 'the list of hearings');
await resident.locator(`a[href="${at}"]`).click();
await resident.locator('main details summary').first().click();
await resident.locator('main button[value=sign]').click();
check((await resident.locator('.govuk-error-message').count()) === 1, 'resident: a session is asked for');
await resident.locator('input[name=session]').first().check();
await resident.locator('main button[value=sign]').click();
await resident.waitForURL(/hearings\/visits\//);
check(/^[A-Z0-9]{6}$/.test((await resident.locator('main .govuk-heading-xl').innerText()).trim()), 'resident: the place has a code to check in with');
await fits(resident, 'the ticket');
await resident.goto(base + at);
await resident.locator('main details summary').last().click();
await resident.fill('#question', 'Кыска');
await resident.locator('main button[value=ask]').click();
check((await resident.inputValue('#question')) === 'Кыска', 'resident: a question that is too short is not lost');
await resident.fill('#question', 'Биздин көчөгө качан жарык коюлат?');
await resident.locator('main button[value=ask]').click();
check((await resident.locator('[role=status]').count()) === 1, 'resident: the question is taken');
await fits(resident, 'the hearing');

const dispatcher = await someone({ ...desk, locale: 'ru' }, '1001');
await dispatcher.goto(`${base}/staff${at}`);
await dispatcher.locator('main details summary').first().click();
await dispatcher.fill('#phone', '0555 31 32 33');
await dispatcher.fill('#name', 'Асан Үсөнов');
await dispatcher.locator('input[name=session]').first().check();
await dispatcher.locator('main button[value=sign]').click();
check(/38/.test(await dispatcher.locator('main .case-list').first().innerText()), 'desk: two places of forty are taken');

const moderator = await someone({ ...desk, locale: 'ru' }, '1002');
await moderator.goto(`${base}/staff${at}`);
await moderator.locator('main button[value=show]').first().click();

await clerk.goto(`${base}/staff${at}`);
await clerk.locator('main li details summary').first().click();
await clerk.locator('main [id^=note-]').first().fill('Ноябрда коюлат.');
await clerk.locator('main [id^=change-]').first().fill('Чырактардын саны көбөйдү.');
await clerk.locator('main [id^=line-]').first().fill('Көчө жарыгы');
await clerk.locator('main [id^=link-]').first().fill('/budget');
await clerk.locator('main button[value=answer]').first().click();

for (const lang of ['ky', 'ru', 'en']) {
  const page = await someone({ ...phone, locale: lang });
  await page.goto(base + at);
  const text = await page.locator('#questions').innerText();
  check(/Ноябрда коюлат/.test(text) && /Көчө жарыгы/.test(text), `${lang}: the answer and the line that changed are read by anybody`);
  await fits(page, `the answered hearing in ${lang}`);
  await page.context().close();
}
await resident.goto(`${base}/account`);
check((await resident.locator('a[href^="/hearings/visits/"]').count()) >= 1, 'resident: the account shows the hearing');
end();
