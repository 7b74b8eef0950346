/** SQL of what was decided of KPIs with too many label sets: the fields of core/series SeriesLimit. */
export const SERIES_LIMITS =
  'SELECT id, series_max AS seriesMax, toUInt32(label_sets) AS labelSets, admitted FROM series_limits FINAL';
