/** Photos made small on the phone. Drawing them anew also leaves out where, when and with what they were taken. */

/** Draw the picture with this longest side in pixels, and pack it with this quality. */
export type Encode = (side: number, quality: number) => Promise<Blob>;

const MOST_BYTES = 300_000;
const SIDES = [1600, 1280, 1024, 800, 640];
const QUALITIES = [0.85, 0.72, 0.6, 0.45];

/** The picture cannot be read here, such as HEIC on most phones, or cannot be made small. */
export class Unreadable extends Error {}

/** The best packing that is small enough: lower quality first, then fewer pixels. Rejects with Unreadable. */
export async function fit(encode: Encode, most = MOST_BYTES): Promise<Blob> {
  for (const side of SIDES) {
    for (const quality of QUALITIES) {
      const packed = await encode(side, quality);
      if (packed.size > 0 && packed.size <= most) return packed;
    }
  }
  throw new Unreadable("too large");
}

/** A photo as JPEG of at most 300 kB and 1,600 pixels, without metadata. Rejects with Unreadable. */
export async function shrink(photo: Blob): Promise<Blob> {
  const picture = await createImageBitmap(photo).catch((error: unknown) => {
    throw new Unreadable(String(error));
  });
  try {
    return await fit((side, quality) => draw(picture, Math.min(1, side / Math.max(picture.width, picture.height)), quality));
  } finally {
    picture.close();
  }
}

async function draw(picture: ImageBitmap, scale: number, quality: number): Promise<Blob> {
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas = canvasOf(width, height);
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (!pen) throw new Unreadable("no canvas");
  // JPEG knows no glass: what shines through would turn black.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(picture, 0, 0, width, height);
  return pack(canvas, quality);
}

function canvasOf(width: number, height: number): OffscreenCanvas | HTMLCanvasElement {
  if (typeof OffscreenCanvas !== "undefined") return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}

function pack(canvas: OffscreenCanvas | HTMLCanvasElement, quality: number): Promise<Blob> {
  if ("convertToBlob" in canvas) return canvas.convertToBlob({ type: "image/jpeg", quality });
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Unreadable("not packed"))), "image/jpeg", quality);
  });
}
