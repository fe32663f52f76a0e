<?php

/**
 * The central server: each request's body is one line, and the response is what a server of the herd would say.
 *
 * All it knows is in the database; a worker keeps its connection to it between requests.
 */

declare(strict_types=1);

const LONGEST_LINE = 16384;
const SHOWN_OF_LONGER = 64;
const MAX_SKEW = 86400;
const PLACES_PATIENCE = 5;

const NEWEST_WINS = 'INSERT INTO clients (id, seen, at_line) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE '
    . 'at_line = IF(VALUES(seen) > seen, VALUES(at_line), at_line), seen = GREATEST(seen, VALUES(seen))';

function answer(string $line): string
{
    if (strlen($line) > LONGEST_LINE) {
        return '? ' . substr($line, 0, SHOWN_OF_LONGER) . "\n";
    }
    return obey(preg_split('/[ \t\r\n\f\x0b]+/', $line, -1, PREG_SPLIT_NO_EMPTY)) ?? "? $line\n";
}

/** What a valid command is answered with; null: a bad request. */
function obey(array $fields): ?string
{
    try {
        return match ([$fields[0] ?? '', count($fields)]) {
            ['IAMAT', 4] => iamat($fields[1], $fields[2], $fields[3]),
            ['WHATSAT', 4] => whatsat($fields[1], $fields[2], $fields[3]),
            default => null,
        };
    } catch (PDOException) {
        return null; // what the database does not take is not kept, and nobody is to believe it is
    }
}

function iamat(string $id, string $location, string $time): ?string
{
    $difference = difference($time);
    if ($difference === null || coordinates($location) === null) {
        return null;
    }
    $at = 'AT ' . getenv('LAMP_NAME') . " $difference $id $location $time";
    database()->prepare(NEWEST_WINS)->execute([$id, $time, $at]);
    return "$at\n";
}

function whatsat(string $id, string $radius, string $bound): ?string
{
    if (!is_radius($radius) || !is_bound($bound)) {
        return null;
    }
    $query = database()->prepare('SELECT at_line FROM clients WHERE id = ?');
    $query->execute([$id]);
    $at = $query->fetchColumn();
    $places = $at === false ? null : places(explode(' ', $at)[4], (float) $radius, (int) $bound);
    return $places === null ? null : "$at\n$places";
}

/** The clock now, less the time of a report, to the nanosecond (of which PHP's clock knows thousands). */
function difference(string $time): ?string
{
    if (!preg_match('/^(\d{1,18})(?:\.(\d+))?$/D', $time, $parts)) {
        return null;
    }
    [$micros, $now] = explode(' ', microtime());
    $seconds = (int) $now - (int) $parts[1];
    if ($seconds < -MAX_SKEW) {
        return null; // a clock so far ahead would hide its client until that day
    }
    $nanos = (int) substr(str_pad($parts[2] ?? '', 9, '0'), 0, 9);
    $difference = $seconds * 1_000_000_000 + (int) substr($micros, 2, 6) * 1000 - $nanos;
    [$sign, $size] = [$difference < 0 ? '-' : '+', abs($difference)];
    return sprintf('%s%d.%09d', $sign, intdiv($size, 1_000_000_000), $size % 1_000_000_000);
}

/** Latitude and longitude as Google wants them. */
function coordinates(string $location): ?string
{
    $is_one = preg_match('/^([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)$/D', $location, $parts)
        && abs((float) $parts[1]) <= 90 && abs((float) $parts[2]) <= 180;
    return $is_one ? ltrim($parts[1], '+') . ',' . ltrim($parts[2], '+') : null;
}

function is_radius(string $text): bool
{
    return preg_match('/^\d+(?:\.\d+)?$/D', $text) && $text > 0 && $text <= 50;
}

function is_bound(string $text): bool
{
    return preg_match('/^\d+$/D', $text) && $text >= 1 && $text <= 20;
}

/** It outlives the request, and so is there already but for a worker's first one. */
function database(): PDO
{
    $source = 'mysql:unix_socket=' . getenv('LAMP_DIR') . '/mariadb.sock;dbname=herd;charset=binary';
    return new PDO($source, 'herd', '', [PDO::ATTR_PERSISTENT => true]);
}

/** Google's own text, cut to the bound, with its newlines squeezed. */
function places(string $location, float $radius, int $bound): ?string
{
    $parameters = [
        'location' => coordinates($location),
        'radius' => $radius * 1000,
        'key' => (string) getenv('GOOGLE_PLACES_API_KEY'),
    ];
    // Its connection ends with the request: PHP keeps none of curl's until 8.5.
    $url = getenv('LAMP_PLACES') . '/maps/api/place/nearbysearch/json?' . http_build_query($parameters);
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => PLACES_PATIENCE]);
    $text = curl_exec($curl);
    if ($text === false || curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) {
        return null;
    }
    $found = json_decode($text);
    if (!is_string($found->status ?? null) || !is_array($found->results ?? null)) {
        return null;
    }
    return preg_replace('/\n{2,}/', "\n", rtrim(cut($text, $bound), "\n")) . "\n\n";
}

/** Google closes each result, and nothing else, with a brace behind six spaces: the text between the last one
 * that is wanted and the last one there is goes. */
function cut(string $text, int $bound): string
{
    preg_match_all('/^ {6}\}/m', $text, $ends, PREG_OFFSET_CAPTURE);
    $ends = array_column($ends[0], 1);
    return isset($ends[$bound]) ? substr_replace($text, '', $ends[$bound - 1], end($ends) - $ends[$bound - 1]) : $text;
}

$reply = answer(preg_replace('/\r?\n\z/', '', file_get_contents('php://input')));
header('Content-Length: ' . strlen($reply));
echo $reply;
