// Sums in writing, with three decimals.

const rounded = (value) => Math.round(value * 1000) / 1000;

export function decimals(value, digits = 3) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) ? `−${text}` : text;
}

// Returns terms as a sum, without those that round to zero.
export function sumText(terms) {
  const shown = terms.filter(rounded);
  const text = shown.map((term) => `${term < 0 ? "−" : "+"} ${decimals(Math.abs(term))}`).join(" ");
  return text.replace(/^\+ |^− /, (sign) => (sign === "− " ? "−" : "")) || "0";
}

// Returns the sign between the terms and their total: = if the rounded terms add up to it, else ≈.
export function equalSign(terms, total) {
  const sum = terms.reduce((before, term) => before + rounded(term), 0);
  return Math.abs(sum - rounded(total)) < 5e-4 ? "=" : "≈";
}
