/**
 * All that keeps the answer harmless: how texts become part of HTML, and where links may lead.
 */

import { unitAt } from "../../sdk/assembly/code-units";

/** Safe between tags and between double quotes. */
export function escapeHtml(text: string): string {
  for (let at = 0; at < text.length; at++) {
    if (mustEscape(unitAt(text, at))) return text.length == 1 ? entityOf(unitAt(text, 0)) : escapeFrom(text, at);
  }
  return text;
}

function mustEscape(unit: i32): bool {
  return unit <= 0x3e && (unit == 0x26 || unit == 0x3c || unit == 0x3e || unit == 0x22 || unit == 0);
}

/** Most texts need no escape, and so no memory either. */
function escapeFrom(text: string, first: i32): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = first; at < text.length; at++) {
    const unit = unitAt(text, at);
    if (!mustEscape(unit)) continue;
    if (at > from) parts.push(text.substring(from, at));
    parts.push(entityOf(unit));
    from = at + 1;
  }
  parts.push(text.substring(from));
  return parts.join("");
}

function entityOf(unit: i32): string {
  if (unit == 0x26) return "&amp;";
  if (unit == 0x3c) return "&lt;";
  if (unit == 0x3e) return "&gt;";
  return unit == 0x22 ? "&quot;" : "\ufffd";
}

/**
 * Whether a link may lead there: to the web, by mail, or to a place that is relative to the page.
 * Browsers drop control characters from URLs before they read the scheme, so there may be none.
 */
export function mayLinkTo(url: string): bool {
  for (let at = 0; at < url.length; at++) {
    const unit = unitAt(url, at);
    if (unit <= 0x20 || unit == 0x7f) return false;
  }
  const scheme = schemeOf(url);
  return scheme == "" || scheme == "http" || scheme == "https" || scheme == "mailto";
}

/** The same for what a page loads by itself. */
export function mayShow(url: string): bool {
  return mayLinkTo(url) && schemeOf(url) != "mailto";
}

/** What stands before the first colon, in lower case, unless the colon is part of a path. */
function schemeOf(url: string): string {
  for (let at = 0; at < url.length; at++) {
    const unit = unitAt(url, at);
    if (unit == 0x3a) return url.substring(0, at).toLowerCase();
    if (unit == 0x2f || unit == 0x3f || unit == 0x23) return "";
  }
  return "";
}

export function openLink(url: string, title: string): string {
  return '<a href="' + escapeHtml(url) + '"' + titleOf(title) + ' rel="nofollow noopener noreferrer">';
}

export function image(url: string, title: string, text: string): string {
  return '<img src="' + escapeHtml(url) + '" alt="' + escapeHtml(text) + '"' + titleOf(title) + ">";
}

function titleOf(title: string): string {
  return title == "" ? "" : ' title="' + escapeHtml(title) + '"';
}
