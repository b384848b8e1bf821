import msgspec
import numpy as np
import pytest

from hopgym.agents.health.course import Course
from hopgym.seeding import rng_for


def course_of(values, window=10):
    course = Course()
    for value in values:
        course.add(float(value), window)
    return course


def test_levels_are_means_of_whole_windows():
    course = course_of([9, 1, 2, 6], window=3)
    assert (course.first, course.best, course.level) == (4.0, 4.0, 3.0)
    assert course.recent == [1.0, 2.0, 6.0]


def test_a_window_that_is_not_whole_is_neither_first_nor_best():
    course = course_of([9, 1], window=3)
    assert (course.first, course.best, course.level) == (None, None, 5.0)


def test_the_best_stays():
    assert course_of([1, 1, 8, 8, 0, 0], window=2).best == 8.0


@pytest.mark.parametrize("trend", [0.0, 0.01])
def test_the_error_is_that_of_the_noise_and_not_of_the_trend(trend):
    rng = rng_for(0, "course")
    course = course_of(trend * np.arange(2000) + rng.normal(0, 0.2, 2000))
    assert course.error == pytest.approx(0.2 / np.sqrt(10), rel=0.05)


def test_a_single_value_has_no_error():
    assert course_of([3]).error == 0.0


def test_a_fall_hardly_adds_to_the_error():
    rng = rng_for(0, "fall")
    noise = rng.normal(0, 0.05, 200)
    fallen = course_of(noise + np.where(np.arange(200) < 190, 0.7, 0.0))
    assert fallen.error < 1.5 * course_of(noise).error


def test_it_is_json():
    course = course_of([0.1, 0.7, 1 / 3], window=2)
    assert msgspec.json.decode(msgspec.json.encode(course), type=Course) == course
