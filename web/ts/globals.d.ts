// Addresses that the build writes in.
declare const MAP_SCRIPT: string;
declare const MAP_WORKER: string;
declare const MAP_STYLE: string;
declare const BLUR_SCRIPT: string;
