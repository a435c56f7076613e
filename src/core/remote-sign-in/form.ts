/**
 * Parameters as `application/x-www-form-urlencoded` writes them, for a body or a query.
 *
 * @module
 */

export type FormFields = Readonly<Record<string, string | undefined>>;

/** Without those that are `undefined`. */
export function toForm(fields: FormFields): string {
  return Object.entries(fields)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
    )
    .join('&');
}

/** An endpoint's own query stands before. */
export function withQuery(url: string, fields: FormFields): string {
  return `${url}${url.includes('?') ? '&' : '?'}${toForm(fields)}`;
}
