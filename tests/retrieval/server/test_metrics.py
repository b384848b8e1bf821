from hopgym.retrieval.server.metrics import Metrics


def test_everything_is_counted():
    metrics = Metrics()
    metrics.request(200, 0.004)
    metrics.request(200, 99.0)
    metrics.request(503, 0.0)
    metrics.batch(3, 0.002)
    metrics.batch(1, 0.002)
    lines = metrics.text(waiting=7).splitlines()
    for line in (
        'hopgym_requests_total{status="200"} 2',
        'hopgym_requests_total{status="503"} 1',
        "hopgym_queries_total 4",
        "hopgym_queries_waiting 7",
        'hopgym_request_seconds_bucket{le="0.005"} 2',
        'hopgym_request_seconds_bucket{le="10.0"} 2',
        'hopgym_request_seconds_bucket{le="+Inf"} 3',
        "hopgym_request_seconds_count 3",
        'hopgym_batch_queries_bucket{le="1"} 1',
        'hopgym_batch_queries_bucket{le="4"} 2',
        "hopgym_search_seconds_sum 0.004",
    ):
        assert line in lines
    assert metrics.text(0).endswith("\n")
