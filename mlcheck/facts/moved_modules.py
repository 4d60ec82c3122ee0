"""Modules that a release of a library does not have, though a pickle of another release asks for them.

From the wheels of scikit-learn 0.20 to 1.9, NumPy 1.25 to 2.4, SciPy 1.7 and 1.8, pandas 1.3 to 3.1. Only the modules
of classes and functions that are pickled; adding one is adding it to a row.
"""

from __future__ import annotations

from functools import cache

from packaging.version import Version

from mlcheck.pep440 import allows
from mlcheck.records import record

# (distribution, package, the releases that lack them, modules below the package)
_ROWS: tuple[tuple[str, str, str, str], ...] = (
    (
        *("scikit-learn", "sklearn", "<0.22"),
        (
            "cluster._affinity_propagation cluster._agglomerative cluster._bicluster cluster._birch cluster._dbscan "
            "cluster._hierarchical_fast cluster._k_means_fast cluster._kmeans cluster._mean_shift cluster._optics "
            "cluster._spectral covariance._elliptic_envelope covariance._empirical_covariance covariance._graph_lasso "
            "covariance._robust_covariance covariance._shrunk_covariance cross_decomposition._cca "
            "cross_decomposition._pls decomposition._base decomposition._cdnmf_fast decomposition._dict_learning "
            "decomposition._factor_analysis decomposition._fastica decomposition._incremental_pca "
            "decomposition._kernel_pca decomposition._lda decomposition._nmf decomposition._online_lda_fast "
            "decomposition._pca decomposition._sparse_pca decomposition._truncated_svd decomposition.online_lda_fast "
            "ensemble._bagging ensemble._base ensemble._forest ensemble._gb ensemble._hist_gradient_boosting.common "
            "ensemble._iforest ensemble._stacking ensemble._voting ensemble._weight_boosting "
            "feature_extraction._dict_vectorizer feature_extraction._hash feature_extraction._hashing_fast "
            "feature_extraction._stop_words feature_selection._base feature_selection._from_model "
            "feature_selection._mutual_info feature_selection._rfe feature_selection._univariate_selection "
            "feature_selection._variance_threshold feature_selection.mutual_info gaussian_process._gpc "
            "gaussian_process._gpr impute._knn inspection._partial_dependence inspection._permutation_importance "
            "linear_model._base linear_model._bayes linear_model._cd_fast linear_model._coordinate_descent "
            "linear_model._huber linear_model._least_angle linear_model._logistic linear_model._omp "
            "linear_model._passive_aggressive linear_model._perceptron linear_model._ransac linear_model._ridge "
            "linear_model._sag linear_model._sag_fast linear_model._sgd_fast linear_model._stochastic_gradient "
            "linear_model._theil_sen manifold._isomap manifold._locally_linear manifold._mds "
            "manifold._spectral_embedding manifold._t_sne metrics._base metrics._classification "
            "metrics._pairwise_fast metrics._ranking metrics._regression metrics._scorer metrics.cluster._bicluster "
            "metrics.cluster._expected_mutual_info_fast metrics.cluster._supervised metrics.cluster._unsupervised "
            "mixture._base mixture._bayesian_mixture mixture._gaussian_mixture neighbors._ball_tree neighbors._base "
            "neighbors._classification neighbors._dist_metrics neighbors._graph neighbors._kd_tree neighbors._kde "
            "neighbors._lof neighbors._nca neighbors._nearest_centroid neighbors._quad_tree neighbors._regression "
            "neighbors._typedefs neighbors._unsupervised neural_network._multilayer_perceptron neural_network._rbm "
            "preprocessing._data preprocessing._label semi_supervised._label_propagation svm._base svm._bounds "
            "svm._classes svm._liblinear svm._libsvm svm._libsvm_sparse tree._classes tree._export"
        ),
    ),
    (
        *("scikit-learn", "sklearn", ">=0.24"),
        (
            "cluster.affinity_propagation_ cluster.bicluster cluster.birch cluster.dbscan_ cluster.hierarchical "
            "cluster.k_means_ cluster.mean_shift_ cluster.optics_ cluster.spectral covariance.elliptic_envelope "
            "covariance.empirical_covariance_ covariance.graph_lasso_ covariance.robust_covariance "
            "covariance.shrunk_covariance_ cross_decomposition._cca cross_decomposition.cca_ cross_decomposition.pls_ "
            "decomposition.base decomposition.cdnmf_fast decomposition.dict_learning decomposition.factor_analysis "
            "decomposition.fastica_ decomposition.incremental_pca decomposition.kernel_pca decomposition.nmf "
            "decomposition.online_lda decomposition.online_lda_fast decomposition.pca decomposition.sparse_pca "
            "decomposition.truncated_svd ensemble.bagging ensemble.base ensemble.forest ensemble.gradient_boosting "
            "ensemble.iforest ensemble.voting ensemble.weight_boosting feature_extraction.dict_vectorizer "
            "feature_extraction.hashing feature_extraction.stop_words feature_selection.base "
            "feature_selection.from_model feature_selection.mutual_info feature_selection.rfe "
            "feature_selection.univariate_selection feature_selection.variance_threshold gaussian_process.gpc "
            "gaussian_process.gpr inspection.partial_dependence linear_model.base linear_model.bayes "
            "linear_model.cd_fast linear_model.coordinate_descent linear_model.huber linear_model.least_angle "
            "linear_model.logistic linear_model.omp linear_model.passive_aggressive linear_model.perceptron "
            "linear_model.ransac linear_model.ridge linear_model.sag linear_model.sag_fast linear_model.sgd_fast "
            "linear_model.stochastic_gradient linear_model.theil_sen manifold.isomap manifold.locally_linear "
            "manifold.mds manifold.spectral_embedding_ manifold.t_sne metrics.base metrics.classification "
            "metrics.cluster.bicluster metrics.cluster.expected_mutual_info_fast metrics.cluster.supervised "
            "metrics.cluster.unsupervised metrics.pairwise_fast metrics.ranking metrics.regression metrics.scorer "
            "mixture.base mixture.bayesian_mixture mixture.gaussian_mixture neighbors.ball_tree neighbors.base "
            "neighbors.classification neighbors.dist_metrics neighbors.graph neighbors.kd_tree neighbors.kde "
            "neighbors.lof neighbors.nca neighbors.nearest_centroid neighbors.quad_tree neighbors.regression "
            "neighbors.typedefs neighbors.unsupervised neural_network.multilayer_perceptron neural_network.rbm "
            "preprocessing.data preprocessing.label semi_supervised.label_propagation svm.base svm.bounds svm.classes "
            "svm.liblinear svm.libsvm svm.libsvm_sparse tree.export tree.tree"
        ),
    ),
    (
        *("scikit-learn", "sklearn", ">=0.23"),
        (
            "externals.joblib externals.joblib.numpy_pickle externals.six ensemble.partial_dependence "
            "utils.linear_assignment_"
        ),
    ),
    (
        *("scikit-learn", "sklearn", ">=0.22"),
        (
            "preprocessing.imputation feature_selection.mutual_info_ cluster._k_means cluster._hierarchical "
            "decomposition._online_lda feature_extraction._hashing preprocessing.base"
        ),
    ),
    (
        *("scikit-learn", "sklearn", ">=1.0"),
        ("neighbors._dist_metrics"),
    ),
    (
        *("scikit-learn", "sklearn", ">=1.1"),
        ("ensemble._hist_gradient_boosting.loss ensemble._hist_gradient_boosting._loss linear_model._glm.link"),
    ),
    (
        *("scikit-learn", "sklearn", ">=1.3"),
        ("_loss.glm_distribution"),
    ),
    (
        *("scikit-learn", "sklearn", ">=1.4"),
        ("ensemble._gb_losses"),
    ),
    (
        *("scikit-learn", "sklearn", "<1.0"),
        ("linear_model._quantile preprocessing._polynomial metrics._dist_metrics"),
    ),
    (
        *("scikit-learn", "sklearn", "<1.1"),
        ("_loss.loss _loss._loss _loss.link utils._bunch cluster._bisect_k_means linear_model._linear_loss"),
    ),
    (
        *("scikit-learn", "sklearn", "<1.2"),
        ("utils._set_output utils._param_validation"),
    ),
    (
        *("scikit-learn", "sklearn", "<1.3"),
        ("preprocessing._target_encoder cluster._hdbscan cluster._hdbscan.hdbscan utils._metadata_requests"),
    ),
    (
        *("scikit-learn", "sklearn", "<1.5"),
        ("model_selection._classification_threshold"),
    ),
    (
        *("scikit-learn", "sklearn", "<1.6"),
        ("frozen frozen._frozen"),
    ),
    (
        *("numpy", "numpy", "<2"),
        (
            "_core._asarray _core._exceptions _core._machar _core._methods _core._simd _core._string_helpers "
            "_core._type_aliases _core._ufunc_config _core.arrayprint _core.defchararray _core.einsumfunc "
            "_core.fromnumeric _core.function_base _core.getlimits _core.memmap _core.numeric _core.numerictypes "
            "_core.overrides _core.records _core.shape_base _core.strings"
        ),
    ),
    (
        *("numpy", "numpy", "<1.26"),
        ("_core _core._dtype _core._dtype_ctypes _core._internal _core._multiarray_umath _core.multiarray _core.umath"),
    ),
    (
        *("scipy", "scipy", "<1.8"),
        (
            "interpolate._fitpack2 interpolate._fitpack_py interpolate._interpolate interpolate._ndgriddata "
            "interpolate._polyint interpolate._rbf linalg._basic linalg._decomp linalg._decomp_cholesky "
            "linalg._decomp_lu linalg._decomp_qr linalg._decomp_schur linalg._decomp_svd linalg._matfuncs "
            "ndimage._filters ndimage._fourier ndimage._interpolation ndimage._measurements ndimage._morphology "
            "optimize._cobyla_py optimize._lbfgsb_py optimize._linesearch optimize._minpack2 optimize._minpack_py "
            "optimize._moduleTNC optimize._nonlin optimize._optimize optimize._slsqp_py optimize._tnc "
            "optimize._zeros_py signal._bsplines signal._czt signal._filter_design signal._fir_filter_design "
            "signal._lti_conversion signal._ltisys signal._signaltools signal._sigtools signal._spectral_py "
            "signal._spline signal._waveforms signal._wavelets sparse._arrays sparse._base sparse._bsr "
            "sparse._compressed sparse._construct sparse._coo sparse._csc sparse._csr sparse._data sparse._dia "
            "sparse._dok sparse._extract sparse._lil sparse._spfuncs sparse._sputils spatial._ckdtree spatial._kdtree "
            "spatial._qhull spatial.transform._rotation stats._kde"
        ),
    ),
    (
        *("pandas", "pandas", ">=2"),
        ("core.indexes.numeric core.index"),
    ),
    (
        *("pandas", "pandas", ">=3"),
        ("core.internals.array_manager core.internals.base"),
    ),
    (
        *("pandas", "pandas", ">=2.1"),
        ("core.arrays.sparse.dtype"),
    ),
)


@record(frozen=True, slots=True)
class Lacking:
    """Releases of a distribution that lack a module."""

    distribution: str
    releases: str

    def includes(self, release: Version) -> bool:
        """Return whether a release is one of them."""
        return allows(self.releases, release)


@cache
def _table() -> dict[str, list[Lacking]]:
    table: dict[str, list[Lacking]] = {}
    for distribution, package, releases, names in _ROWS:
        for name in names.split():
            table.setdefault(f"{package}.{name}", []).append(Lacking(distribution, releases))
    return table


def lacking(module: str) -> tuple[Lacking, ...]:
    """Return the releases of its library that do not have a module; nothing where all do or it is not known."""
    return tuple(_table().get(module, ()))
