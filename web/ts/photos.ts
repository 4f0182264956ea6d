// Photos are made smaller on the phone before they are sent: a slow line
// carries 300 kB, not 6 MB. The server does the same for those without a script.
const longest = 1600;

async function shrink(file: File): Promise<File> {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 300_000) return file;
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return file;
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
  return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '.jpg'), { type: 'image/jpeg' }) : file;
}

export function photos(el: HTMLElement): void {
  const input = el as HTMLInputElement;
  const box = document.createElement('div');
  box.className = 'previews';
  input.after(box);
  const most = Number(input.dataset.max ?? 6);
  const show = () => {
    box.replaceChildren();
    for (const file of input.files ?? []) {
      const img = document.createElement('img');
      img.src = URL.createObjectURL(file);
      img.alt = file.name;
      img.addEventListener('load', () => URL.revokeObjectURL(img.src));
      box.append(img);
    }
    if (input.files?.length) {
      const b = document.createElement('button');
      b.type = 'button';
      b.className = 'link-button';
      b.textContent = input.dataset.remove ?? '';
      b.addEventListener('click', () => {
        input.value = '';
        show();
      });
      box.append(b);
    }
  };
  input.addEventListener('change', async () => {
    // A photo's place is only asked for by those who send the file as it is.
    const keep = input.form?.querySelector<HTMLInputElement>('input[name=photo_place]')?.checked;
    const list = new DataTransfer();
    for (const file of [...(input.files ?? [])].slice(0, most)) list.items.add(keep ? file : await shrink(file));
    input.files = list.files;
    show();
  });
}
