//go:build cgo

// Command duckdb asks DuckDB what `slactl cost breakdown` answers: two sums by
// three keys of a FOCUS file. It is the peer of the cost benchmark.
//
//	duckdb -sums decimal focus.csv
//	duckdb -sums double focus.parquet
package main

import (
	"database/sql"
	"flag"
	"fmt"
	"log"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
)

func main() {
	sums := flag.String("sums", "decimal", "`type` of the sums: decimal for DECIMAL(38,12), or double")
	threads := flag.Int("threads", 2, "`number` of threads")
	flag.Parse()
	if err := run(flag.Arg(0), *sums, *threads); err != nil {
		log.Fatal(err)
	}
}

func run(path, sums string, threads int) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf("SET threads = %d", threads)); err != nil {
		return err
	}
	kind := map[string]string{"decimal": "DECIMAL(38,12)", "double": "DOUBLE"}[sums]
	table := fmt.Sprintf("read_csv('%s', header = true, nullstr = 'NULL', types = {'BilledCost': '%s', 'EffectiveCost': '%[2]s'})", path, kind)
	if strings.HasSuffix(path, ".parquet") {
		table = fmt.Sprintf("read_parquet('%s')", path)
	}
	rows, err := db.Query(fmt.Sprintf(`SELECT ProviderName, ServiceName, RegionId, sum(CAST(BilledCost AS %s)), sum(CAST(EffectiveCost AS %[1]s)), count(*)
		FROM %s WHERE ChargePeriodStart >= '2026-10-01' AND ChargePeriodStart < '2026-11-01' GROUP BY ALL ORDER BY 1, 2, 3`, kind, table))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var provider, service, region string
		var billed, effective any
		var n int64
		if err := rows.Scan(&provider, &service, &region, &billed, &effective, &n); err != nil {
			return err
		}
		fmt.Println(provider, service, region, show(billed), show(effective), n)
	}
	return rows.Err()
}

// show writes a decimal in full.
func show(v any) string {
	if d, ok := v.(interface{ String() string }); ok {
		return d.String()
	}
	return fmt.Sprint(v)
}
