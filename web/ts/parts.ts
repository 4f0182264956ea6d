// Pieces that several islands make.
export function button(text: string, className = 'govuk-button govuk-button--secondary'): HTMLButtonElement {
  const b = document.createElement('button');
  b.type = 'button';
  b.className = className;
  b.textContent = text;
  return b;
}

// script loads a built script when it is wanted.
export const script = <T>(address: string): Promise<T> => import(address) as Promise<T>;
