// What is left while a ballot is filled in: money, picks or points of each pot,
// and the last step undone. Without it the server checks the same.
import { button } from './parts';

export function ballot(form: HTMLElement): void {
  const bar = form.querySelector<HTMLElement>('[data-part=bar]');
  const pots = [...form.querySelectorAll<HTMLElement>('[data-pot]')];
  if (!bar || pots.length === 0) return;
  const lang = document.documentElement.lang;
  const number = (n: number) => new Intl.NumberFormat(lang).format(n);
  const last: { field: HTMLInputElement; was: string }[] = [];

  const left = (pot: HTMLElement) => {
    const picked = [...pot.querySelectorAll<HTMLInputElement>('input[type=checkbox]:checked')];
    if (Number(pot.dataset.money)) {
      const spent = picked.reduce((sum, f) => sum + Number(f.dataset.cost), 0);
      return { n: (Number(pot.dataset.money) - spent) / 100, unit: ' сом' };
    }
    if (Number(pot.dataset.points)) {
      const given = [...pot.querySelectorAll<HTMLInputElement>('input[inputmode=numeric]')].reduce((sum, f) => sum + (Number(f.value) || 0), 0);
      return { n: Number(pot.dataset.points) - given, unit: '' };
    }
    if (Number(pot.dataset.picks)) return { n: Number(pot.dataset.picks) - picked.length, unit: '' };
    return null;
  };

  const undo = button(form.dataset.undo ?? '');
  undo.addEventListener('click', () => {
    const step = last.pop();
    if (!step) return;
    if (step.field.type === 'checkbox') step.field.checked = step.was === 'true';
    else step.field.value = step.was;
    show();
  });

  const show = () => {
    const lines = pots.flatMap((pot) => {
      const rest = left(pot);
      if (!rest) return [];
      const p = document.createElement('span');
      p.className = rest.n < 0 ? 'vote-bar--over' : '';
      const text = rest.n < 0 ? form.dataset.over : form.dataset.left;
      const name = pot.querySelector('legend')?.textContent?.trim() ?? '';
      p.textContent = `${name}. ${(text ?? '').replace('{n}', number(Math.abs(rest.n)) + rest.unit)}`;
      return [p];
    });
    bar.replaceChildren(...lines, ...(last.length ? [undo] : []));
    bar.hidden = lines.length === 0;
  };

  const before = new Map<HTMLInputElement, string>();
  for (const f of form.querySelectorAll<HTMLInputElement>('[data-pot] input')) {
    const value = () => (f.type === 'checkbox' ? String(f.checked) : f.value);
    before.set(f, value());
    f.addEventListener('change', () => {
      last.push({ field: f, was: before.get(f) ?? '' });
      before.set(f, value());
      show();
    });
    f.addEventListener('input', show);
  }
  show();
}
