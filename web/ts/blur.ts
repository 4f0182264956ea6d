// Rectangles drawn over a photo become fields of the form.
export default function island(el: HTMLElement): void {
  const form = el as HTMLFormElement;
  const img = form.querySelector('img');
  const box = form.querySelector<HTMLElement>('.blur');
  const typed = form.querySelector<HTMLInputElement>('input[name=rect]');
  if (!img || !box) return;
  if (typed) typed.closest<HTMLElement>('.govuk-form-group')?.remove();
  const full = { w: Number(form.dataset.width), h: Number(form.dataset.height) };
  const canvas = document.createElement('canvas');
  canvas.width = full.w;
  canvas.height = full.h;
  box.append(canvas);
  const pen = canvas.getContext('2d');
  let start: [number, number] | null = null;
  const at = (e: PointerEvent): [number, number] => {
    const r = canvas.getBoundingClientRect();
    return [((e.clientX - r.left) / r.width) * full.w, ((e.clientY - r.top) / r.height) * full.h];
  };
  canvas.addEventListener('pointerdown', (e) => (start = at(e)));
  canvas.addEventListener('pointerup', (e) => {
    if (!start || !pen) return;
    const [x, y] = at(e);
    const rect = [Math.min(x, start[0]), Math.min(y, start[1]), Math.abs(x - start[0]), Math.abs(y - start[1])].map(Math.round);
    start = null;
    if (rect[2] < 4 || rect[3] < 4) return;
    pen.fillStyle = 'rgb(20 25 31 / 80%)';
    pen.fillRect(rect[0], rect[1], rect[2], rect[3]);
    const field = document.createElement('input');
    field.type = 'hidden';
    field.name = 'rect';
    field.value = rect.join(',');
    form.append(field);
  });
}
