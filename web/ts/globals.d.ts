// Addresses that the build writes in.
declare const MAP_SCRIPT: string;
declare const MAP_WORKER: string;
declare const MAP_STYLE: string;
declare const BLUR_SCRIPT: string;

// The script of the telephone desk.
declare const DESK_SCRIPT: string;

// The script that looks the visitor's own vote up.
declare const MYVOTE_SCRIPT: string;
