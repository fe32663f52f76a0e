// What a server knows of one client.
'use strict';

// Flaw F8: no bounds of the globe, and `+34.` passes.
const LOCATION = /^([+-]\d+\.?\d*)([+-]\d+\.?\d*)$/;

/** A record, or undefined if a field is wrong. */
function parseRecord(message, location, timeText) {
  const match = LOCATION.exec(location);
  // Flaw F3: a float holds some 16 digits; and Number() takes 1e9, 0x10 and Infinity, but neither nan nor 1_000.
  const time = Number(timeText);
  if (match === null || Number.isNaN(time)) return undefined;
  return { message, latitude: Number(match[1]), longitude: Number(match[2]), time };
}

module.exports = { parseRecord };
