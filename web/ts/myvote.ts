// What became of the visitor's own vote. The receipt is typed here and looked up
// in the public files of ballots; it is never sent anywhere. All files of a vote
// are fetched, so that not even which of them held the ballot can be seen.
import { button } from './parts';

type Project = { project: string; cost: string; supporters: number; won: boolean };
type Round = { phase: string; project: string; selected: boolean; value: string; price?: string };
type Tally = { endowment?: string; rounds: Round[] | null; projects: Project[]; comparison?: { for_equal_shares: number; for_greedy: number } };
type Ballot = { codes: string[]; points: number[] };
type Pot = { name: string; file: string; tally: string };
type Counted = { pot: Pot; tally: Tally; ballots: Map<string, Ballot> };

// amount reads an exact number: decimal, or a fraction such as "5000/129".
function amount(text: string): number {
  const [over, under] = text.split('/');
  if (!under) return Number(over);
  return Number((BigInt(over) * 10n ** 12n) / BigInt(under)) / 1e12;
}

// ballotsOf reads the votes of a Pabulib file by receipt.
function ballotsOf(file: string): Map<string, Ballot> {
  const out = new Map<string, Ballot>();
  const lines = file.split(/\r?\n/);
  const from = lines.indexOf('VOTES');
  const columns = lines[from + 1].split(';');
  const [id, vote, points] = ['voter_id', 'vote', 'points'].map((name) => columns.indexOf(name));
  const ranked = /^vote_type;ordinal$/m.test(file);
  for (const line of lines.slice(from + 2)) {
    const cells = line.split(';');
    if (!cells[vote]) continue;
    const codes = cells[vote].split(',');
    const given = codes.map((_, i) => {
      if (points >= 0) return Number(cells[points].split(',')[i]);
      return ranked ? codes.length - i : 1;
    });
    out.set(cells[id], { codes, points: given });
  }
  return out;
}

// payments is what a ballot paid for each of its projects, as "ashar tally
// --ballot" counts it: Outcome.Payments of package pb.
function payments(ballot: Ballot, t: Tally): number[] {
  const paid = ballot.codes.map(() => 0);
  const greedy = t.comparison ? t.comparison.for_greedy > t.comparison.for_equal_shares : false;
  let money = amount(t.endowment ?? '0');
  let load = 0;
  for (const r of t.rounds ?? []) {
    const i = ballot.codes.indexOf(r.project);
    if (!r.selected || i < 0 || ballot.points[i] <= 0 || r.phase === 'free' || (greedy && r.phase !== 'greedy')) continue;
    if (r.phase === 'equal shares') {
      paid[i] = Math.min(money, amount(r.price ?? '0') * ballot.points[i]);
      money -= paid[i];
    } else if (r.phase === 'phragmen') {
      paid[i] = amount(r.value) - load;
      load += paid[i];
    } else {
      const p = t.projects.find((one) => one.project === r.project);
      if (p) paid[i] = amount(p.cost) / p.supporters;
    }
  }
  return paid;
}

// written is a code as it stands in the file, however it was typed.
const written = (typed: string) =>
  (typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .match(/.{1,4}/g) ?? []
  ).join('-');

async function fetched(pot: Pot): Promise<Counted> {
  const [file, tally] = await Promise.all([fetch(pot.file), fetch(pot.tally)]);
  if (!file.ok || !tally.ok) throw new Error(pot.file);
  return { pot, tally: (await tally.json()) as Tally, ballots: ballotsOf(await file.text()) };
}

export default function myvote(el: HTMLElement): void {
  const input = el.querySelector<HTMLInputElement>('input');
  const answer = el.querySelector<HTMLElement>('[data-part=answer]');
  if (!input || !answer) return;
  const say = (key: string, args: Record<string, string> = {}) =>
    Object.entries(args).reduce((text, [name, value]) => text.replace(`{${name}}`, value), el.dataset[key] ?? '');
  // Browsers know no Kyrgyz numbers; they are written as the Russian ones.
  const digits = new Intl.NumberFormat(document.documentElement.lang === 'en' ? 'en' : 'ru', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const money = (n: number) => say('money', { n: digits.format(n) });
  const part = <K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text: string) => {
    const e = document.createElement(tag);
    e.className = className;
    e.textContent = text;
    return e;
  };
  let files: Promise<Counted[]> | undefined;

  const show = (counted: Counted, ballot: Ballot): HTMLElement[] => {
    const { tally, pot } = counted;
    const paid = payments(ballot, tally);
    const list = part('ul', 'case-list', '');
    ballot.codes.forEach((code, i) => {
      const title = document.querySelector(`main a[href="${el.dataset.projects}${code}"]`)?.textContent ?? code;
      const won = tally.projects.some((p) => p.project === code && p.won);
      const item = part('li', 'case-list__item', '');
      item.append(part('strong', '', title), part('p', 'case-list__line', won ? say('won', { paid: money(paid[i]) }) : say('lost')));
      list.append(item);
    });
    const sum = paid.reduce((a, b) => a + b, 0);
    const out: HTMLElement[] = [part('h3', 'govuk-heading-s', pot.name), list];
    if (tally.endowment && sum <= amount(tally.endowment) * (1 + 1e-9)) {
      out.push(part('p', 'govuk-body', say('share', { paid: money(sum), share: money(amount(tally.endowment)), left: money(Math.max(0, amount(tally.endowment) - sum)) })));
    } else if (sum > 0) out.push(part('p', 'govuk-body', say('equal', { paid: money(sum) })));
    return out;
  };

  const look = async () => {
    const code = written(input.value);
    if (!code) return input.focus();
    answer.replaceChildren(part('p', 'govuk-body', say('wait')));
    try {
      files ??= Promise.all((JSON.parse(el.dataset.pots ?? '[]') as Pot[]).map(fetched));
      const found = (await files).flatMap((c) => {
        const ballot = c.ballots.get(code);
        return ballot ? show(c, ballot) : [];
      });
      answer.replaceChildren(...(found.length ? found : [part('p', 'govuk-error-message', say('none'))]));
    } catch {
      files = undefined;
      answer.replaceChildren(part('p', 'govuk-error-message', say('fail')));
    }
  };
  const go = button(say('go'), 'govuk-button');
  go.addEventListener('click', () => void look());
  input.addEventListener('keydown', (e) => {
    if (e.key === 'Enter') void look();
  });
  input.after(go);
}
