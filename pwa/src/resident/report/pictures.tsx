/** Photos that were taken in: shown small, each with a way to take it out, and what could not be taken. */

import { config } from "../../shared/config";
import { t } from "../../shared/i18n";
import type { Album } from "./album";

export function Pictures({ album }: { album: Album }) {
  const note = album.note.value;
  const many = config.value.limits.photos;
  return (
    <>
      {note && <p class="note warn" role="alert">{note === "many" ? t("report.photos_many", { many }) : t("report.photo_unreadable")}</p>}
      {album.pictures.value.length > 0 && <ul class="plain row">
        {album.pictures.value.map((picture, at) => (
          <li key={picture.url} class="tight">
            <svg width="96" height="96" role="img" aria-label={t("report.photo_number", { number: at + 1 })}>
              <image href={picture.url} width="96" height="96" preserveAspectRatio="xMidYMid slice" />
            </svg>
            <button type="button" onClick={() => album.remove(picture)}>
              {t("report.remove")}<span class="unseen"> {t("report.photo_number", { number: at + 1 })}</span>
            </button>
          </li>
        ))}
      </ul>}
    </>
  );
}
