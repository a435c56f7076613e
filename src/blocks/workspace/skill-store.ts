/**
 * The skills of a workspace: what is said of each, and its text.
 *
 * What is said of them is kept in memory, since every authority holds it. Whoever rolls a transaction
 * back must call {@link SkillStore.forget}.
 *
 * @module
 */

import type { InstalledSkill, SkillText } from '../../core/skills/installed-skill.ts';

export class SkillStore {
  readonly #sql: SqlStorage;
  #skills: readonly InstalledSkill[] | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS skills (
      name TEXT PRIMARY KEY, facts TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** By name. */
  all(): readonly InstalledSkill[] {
    this.#skills ??= this.#sql
      .exec<{ facts: string }>('SELECT facts FROM skills ORDER BY name')
      .toArray()
      .map(({ facts }) => JSON.parse(facts));
    return this.#skills;
  }

  find(name: string): SkillText | undefined {
    const [row] = this.#sql
      .exec<{ facts: string; body: string }>('SELECT facts, body FROM skills WHERE name = ?', name)
      .toArray();
    return row && { skill: JSON.parse(row.facts), body: row.body };
  }

  /** Part of a transaction. */
  put({ skill, body }: SkillText): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO skills (name, facts, body) VALUES (?, ?, ?)',
      skill.name,
      JSON.stringify(skill),
      body,
    );
    this.#skills = undefined;
  }

  /** Part of a transaction. */
  remove(name: string): void {
    this.#sql.exec('DELETE FROM skills WHERE name = ?', name);
    this.#skills = undefined;
  }

  forget(): void {
    this.#skills = undefined;
  }
}
