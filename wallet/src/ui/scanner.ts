/** The camera as a reader of QR codes: one stream, the browser's own detector where it has one, else our decoder. */

import { cameraAllowed } from "./device";

const PAUSE_MS = 90;
const MAX_FRAME_PIXELS = 960;

export type CameraTrouble = "denied" | "none";

/** Reads the text out of one picture of the camera, or nothing. */
type Reader = (video: HTMLVideoElement) => Promise<string | undefined>;

interface Detector {
  detect(source: CanvasImageSource): Promise<readonly { rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** What is known to be in the way before anybody is asked, so that no screen comes only to go again. */
export async function expectedTrouble(): Promise<CameraTrouble | undefined> {
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => undefined);
  if (devices !== undefined && !devices.some(({ kind }) => kind === "videoinput")) return "none";
  const allowed = await cameraAllowed();
  if (allowed === "unsupported") return "none";
  return allowed === "denied" ? "denied" : undefined;
}

/** A running camera. */
export class Scanner {
  #isOn = true;

  private constructor(
    private readonly video: HTMLVideoElement,
    private readonly stream: MediaStream,
  ) {}

  /** Open the camera and show it in `video`; `found` gets every text read. @throws CameraTrouble as a string */
  static async open(video: HTMLVideoElement, found: (text: string) => void): Promise<Scanner> {
    if (navigator.mediaDevices === undefined) throw "none" satisfies CameraTrouble;
    let stream: MediaStream;
    try {
      const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch (error) {
      const isDenied = error instanceof DOMException && ["NotAllowedError", "SecurityError"].includes(error.name);
      throw (isDenied ? "denied" : "none") satisfies CameraTrouble;
    }
    const scanner = new Scanner(video, stream);
    video.srcObject = stream;
    await video.play().catch(() => undefined); // the person left meanwhile
    void scanner.#read(found);
    return scanner;
  }

  get hasTorch(): boolean {
    const capabilities = this.stream.getVideoTracks()[0]?.getCapabilities?.() as { torch?: boolean } | undefined;
    return capabilities?.torch === true;
  }

  async torch(isOn: boolean): Promise<void> {
    await this.stream.getVideoTracks()[0]?.applyConstraints({ advanced: [{ torch: isOn } as MediaTrackConstraintSet] });
  }

  close(): void {
    this.#isOn = false;
    for (const track of this.stream.getTracks()) track.stop();
    this.video.srcObject = null;
  }

  async #read(found: (text: string) => void): Promise<void> {
    const read = (await nativeReader()) ?? (await ownReader());
    while (this.#isOn) {
      const text = this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await read(this.video) : undefined;
      if (text !== undefined && this.#isOn) found(text);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function nativeReader(): Promise<Reader | undefined> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass };
  if (BarcodeDetector === undefined) return undefined;
  const formats = await BarcodeDetector.getSupportedFormats().catch((): string[] => []);
  if (!formats.includes("qr_code")) return undefined;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (video) => {
    const [code] = await detector.detect(video).catch(() => []);
    return code?.rawValue;
  };
}

async function ownReader(): Promise<Reader> {
  const { readCode } = await import("./read_code");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const { videoWidth, videoHeight } = video;
    if (context === null || videoWidth === 0) return undefined;
    const scale = Math.min(1, MAX_FRAME_PIXELS / Math.max(videoWidth, videoHeight));
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    return readCode(context.getImageData(0, 0, canvas.width, canvas.height));
  };
}
