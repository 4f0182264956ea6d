// The screen of the telephone desk: what is known of the caller and of the
// place comes while the operator types, and every key is at hand.
// Without it the buttons of the form do the same, a page at a time.

interface Place {
  name: string;
  lat: number;
  lon: number;
}

const wait = 300;

export default function desk(el: HTMLElement): void {
  const form = el.querySelector('form');
  const side = el.querySelector<HTMLElement>('[data-part=side]');
  if (!form || !side) return;
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;

  // What is typed, without files: they are of no use for looking anything up.
  const words = () => new URLSearchParams([...new FormData(form)].filter((x): x is [string, string] => typeof x[1] === 'string' && x[0] !== 'kept_file'));

  // Only the answer to the last question counts: an operator types faster than a slow line answers.
  let asked = 0;
  const look = async () => {
    const mine = ++asked;
    const answer = await fetch(el.dataset.side ?? '', { method: 'POST', body: words() }).catch(() => null);
    if (!answer?.ok || mine !== asked) return;
    side.innerHTML = await answer.text();
    const known = side.querySelector<HTMLElement>('[data-name]');
    if (known && !field('name').value) field('name').value = known.dataset.name ?? '';
  };
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), wait);
  };
  for (const name of ['phone', 'text']) field(name).addEventListener('input', soon);
  form.querySelector('#what')?.addEventListener('change', soon);

  // A telephone exchange opens the screen with #phone=… : what stands behind # is sent to nobody.
  const called = new URLSearchParams(location.hash.slice(1)).get('phone');
  if (called && !field('phone').value) {
    field('phone').value = called;
    history.replaceState(null, '', location.pathname);
  }
  // What was typed before this script came counts too.
  if (field('phone').value) soon();
  if (!document.querySelector('.govuk-error-summary')) (called ? (form.querySelector('#what') as HTMLElement) : field('phone')).focus();

  const list = document.createElement('datalist');
  list.id = 'places';
  field('address').after(list);
  field('address').setAttribute('list', list.id);
  let places: Place[] = [];
  let typing = 0;
  const choose = (place: Place) => {
    field('lat').value = place.lat.toFixed(6);
    field('lon').value = place.lon.toFixed(6);
    soon();
  };
  const search = async () => {
    if (field('address').value.trim().length < 3) return;
    const answer = await fetch(`${el.dataset.search}?q=${encodeURIComponent(field('address').value)}`).catch(() => null);
    if (!answer?.ok) return;
    places = (await answer.json()) as Place[];
    list.replaceChildren(...places.map((p) => new Option(p.name, p.name)));
  };
  field('address').addEventListener('input', () => {
    const known = places.find((p) => p.name === field('address').value);
    if (known) {
      choose(known);
      return;
    }
    field('lat').value = '';
    field('lon').value = '';
    clearTimeout(typing);
    typing = window.setTimeout(() => void search(), 200);
  });
  // Who leaves the field with a street that was found means the first one.
  field('address').addEventListener('change', async () => {
    if (field('lat').value || !field('address').value) return;
    await search();
    if (places.length && !field('lat').value) {
      field('address').value = places[0].name;
      choose(places[0]);
    }
  });

  // One key registers the call wherever the hands are, also when nothing has the focus.
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' || !(e.ctrlKey || e.metaKey)) return;
    e.preventDefault();
    form.requestSubmit(form.querySelector<HTMLButtonElement>('button[value=take]'));
  });
  form.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' || e.ctrlKey || e.metaKey || !(e.target instanceof HTMLInputElement)) return;
    // Enter goes to the next field: a call is not over with its number.
    e.preventDefault();
    const all = [...form.elements].filter((x): x is HTMLElement => x instanceof HTMLElement && x.matches('input:not([type=hidden]), select, textarea') && x.offsetParent !== null);
    all[all.indexOf(e.target) + 1]?.focus();
  });
}
