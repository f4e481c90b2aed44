package evaluate

// readme explains an archive to somebody who has never heard of slactl.
const readme = `EVIDENCE OF SERVICE LEVELS

This archive shows how the service levels of a period came about: what was
counted, what was promised, and what follows from it. Everything in it is plain
text. All numbers are exact decimals, all instants are in UTC, and a window or
span owns what was observed after its start up to and including its end.

WHAT IS WHAT

  results.json     the results: value, state, budget, violations, credits
  results.csv      the same as a table, and for each the file of its windows
  windows/         the measurement windows of the results, one after the other
  exclusions.csv   what was taken out of each result, such as maintenance
  config.yaml      the part of the configuration that the results depend on:
                   targets, methods, tiers, credits, maintenance, time zones.
                   "# default" marks what was not written by anyone
  scans/           what was counted for each objective: see below
  manifest.json    period, sources, and the SHA-256 of every other file
  signature.ed25519, public_key.pem
                   where the archive is signed: the signature of manifest.json

An archive that was made for one customer has nothing of other customers, and
neither selectors nor addresses: selectors read "withheld", jobs and series have
numbers.

HOW TO CHECK IT WITH SLACTL

  slactl sla verify evidence.zip

recomputes every figure from config.yaml and scans/ alone, and names whatever is
not as it should be. It needs no network and none of the systems measured.

HOW TO CHECK IT BY HAND

1. Nothing was altered since it was written: compare the SHA-256 of each file
   with manifest.json, and the signature, if there is one, with a public key that
   you have from the signer, and not from this archive:

     openssl pkeyutl -verify -pubin -inkey public_key.pem -rawin \
       -in manifest.json -sigfile signature.ed25519

2. A result follows from its windows. Find it in results.csv and open its file.
   Windows are "measured" (with events), "idle" (without), "no_data" (no sample),
   "unreachable" (no sample, and no target could be scraped) or "excluded".
   With T and B the sums of the columns total and bad, each with the events of the
   result that were recovered across gaps and belong to no window:

     events, within   100 x (1 - B / T), or 100 x B / T where less is better
     slices           the share of judged windows that are not worse
     mean             the mean of 100 x (1 - bad / total) of the judged windows
     downtime         the share of judged minutes that are not worse
     value            the sum of the column sum over the sum of the column count
     quantile         from the buckets in scans/: see 3

   The value is compared with the target; equal to the target is met. Digits
   beyond the twelfth are cut towards the worse side.

3. Windows follow from the counts. Each directory of scans/ has
     scan.json     the groups of series, with their labels
     cells.csv     the spans that were counted in, and for each scrape job whether
                   it was seen and how often it answered and did not
     counts.csv    for each group and cell what was counted: total, bad, sum, and
                   "le X", the observations at or below X, cumulative
   "recovered" increments bridge a gap in the samples: they count for the period
   and for no window. "unwitnessed" first values count nowhere. Cells in which
   nothing was counted have no row. The windows of a result are the sums of the
   cells in them, over the groups that are the organization's, without the cells
   that exclusions.csv excludes. until-... directories hold the cell in which a
   budget ran out, sample by sample.

4. Where increments/ is there, counts follow from it: every sample that a counter
   of the objective had, the one before it, and how the difference was counted.

WHAT THIS CANNOT SHOW

Somebody who can write all files of an unsigned archive anew can make one up that
agrees with itself. Ask for a signed one, or for the digest of the archive by
another way.
`
